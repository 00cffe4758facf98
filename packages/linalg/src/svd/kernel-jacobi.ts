/** The sweeps of one-sided-jacobi.ts with the compiled kernels. */
import type { Matrix } from '../matrix.js';
import { copyIn, copyOut, strideFor } from '../wasm/stride.js';
import { withKernels } from '../wasm/with-kernels.js';
import type { JacobiLimits } from './jacobi-limits.js';

/** What `orthogonaliseRows` does, for b [count, m] and v [count, n]; false, doing nothing, where there are no kernels. */
export function kernelOrthogonaliseRows(b: Matrix, v: Matrix, limits: JacobiLimits): boolean {
  const { rows: count, cols: m } = b;
  const n = v.cols;
  const ldb = strideFor(m);
  const ldv = strideFor(n);
  const done = withKernels(
    () => count * (ldb + ldv + 1),
    (kernels, take) => {
      const images = take(count * ldb);
      const basis = take(count * ldv);
      const squares = take(count);
      copyIn(b.data, count, m, images.data, ldb);
      copyIn(v.data, count, n, basis.data, ldv);
      for (let sweep = 0; sweep < limits.maxSweeps; sweep++) {
        // Updated with every rotation, and afresh here before rounding errors can add up.
        for (let i = 0; i < count; i++) {
          const row = images.data.subarray(i * ldb, i * ldb + m);
          squares.data[i] = row.reduce((sum, value) => sum + value * value, 0);
        }
        let rotations = 0;
        for (let i = 0; i < count; i++) {
          rotations += kernels.orthogonaliseRow(
            images.pointer,
            ldb,
            m,
            basis.pointer,
            ldv,
            n,
            squares.pointer,
            count,
            i,
            limits.orthogonal,
            limits.floor * limits.floor,
          );
        }
        if (rotations === 0) break;
      }
      b.data.set(copyOut(images.data, count, m, ldb));
      v.data.set(copyOut(basis.data, count, n, ldv));
      return true;
    },
  );
  return done ?? false;
}
