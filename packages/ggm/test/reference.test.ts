import { describe, expect, it } from '@jest/globals';
import { frobeniusNorm, Matrix, symmetricEigen } from '@ggm-peft/linalg';
import { allocateNodes, fitGgm, ggmProblem, lpPenalty, objective, referenceBcd } from '../src/index.js';
import { randomCorrelation, randomScores } from './random-problem.js';
import { loadReferenceTrace } from './reference-trace.js';

function relativeDifference(a: Matrix, b: Matrix): number {
  const difference = new Matrix(
    a.rows,
    a.cols,
    a.data.map((value, k) => value - (b.data[k] ?? Number.NaN)),
  );
  return frobeniusNorm(difference) / frobeniusNorm(b);
}

describe('referenceBcd', () => {
  const trace = loadReferenceTrace();

  it('reproduces the published code’s Ω and Δ to what its single precision permits', () => {
    // Its pseudo-inverse in single precision keeps eigenvalues down to 8e-6 of the largest, which it knows to about
    // 1e-7/8e-6 = 1 %; NumPy’s single-precision pseudo-inverse lands 1.2e-3 away from the published answer too.
    const { omega, delta, iterations } = referenceBcd({
      covariance: trace.covariance,
      importantNodes: trace.importantIndices,
    });
    expect(iterations).toBe(50);
    expect(relativeDifference(omega, trace.omega)).toBeLessThan(2e-3);
    expect(relativeDifference(delta, trace.delta)).toBeLessThan(2e-3);
    expect(symmetricEigen(omega).values[0]).toBeLessThan(0); // indefinite, as theirs
  });

  it('is the published iteration, matrix by matrix', () => {
    // Three nodes, the inverse written out, no eigenvectors: what reference-bcd.ts does on eigenvalues. Away from the
    // pseudo-inverse’s cutoff nothing depends on precision.
    const covariance = randomCorrelation(3, 12);
    const coupling = 2;
    const tau = 0.5;
    let omega = inverse3(plusDiagonal(covariance, 1e-10));
    let delta = omega;
    for (let outer = 0; outer < 50; outer++) {
      delta = omega.clone();
      for (const j of [0, 2]) {
        const v = omega.get(1, j);
        const t = Math.abs(v);
        const w = tau / (2 * coupling);
        const z = (2 * w * 0.1) ** (1 / 1.1);
        let x = t;
        for (let k = 0; k < 5; k++) x = t - w * 0.9 * x ** -0.1;
        delta.set(1, j, t <= z + w * 0.9 * z ** -0.1 ? 0 : (x / (t + 1e-8)) * v);
      }
      const a = combine(
        3,
        (i, j) => covariance.get(i, j) / (2 * coupling) - (delta.get(i, j) + delta.get(j, i)) / 2,
      );
      omega = a;
      for (let inner = 0; inner < 100; inner++) {
        const before = omega;
        const inverse = inverse3(plusDiagonal(before, 1e-9));
        omega = combine(
          3,
          (i, j) =>
            before.get(i, j) +
            (1e-4 * (inverse.get(i, j) - a.get(i, j) - 2 * coupling * before.get(i, j))) / (2 * coupling),
        );
        const change = frobeniusNorm(combine(3, (i, j) => omega.get(i, j) - before.get(i, j)));
        if (change < 1e-6) break;
      }
    }
    const fit = referenceBcd({ covariance, importantNodes: [1], coupling, tau });
    expect(fit.iterations).toBe(50);
    expect(relativeDifference(fit.delta, delta)).toBeLessThan(1e-9);
    expect(relativeDifference(fit.omega, omega)).toBeLessThan(1e-9);
  });

  it('is not the minimiser of F: the exact solver gets below it', () => {
    const input = { covariance: randomCorrelation(6, 4), importantNodes: [0, 1], coupling: 0.5, tau: 0.1 };
    const problem = ggmProblem({ ...input, penalty: lpPenalty() });
    const published = referenceBcd(input);
    const exact = fitGgm({ ...input, penalty: lpPenalty() }, { tolerance: 1e-8, maxIterations: 20_000 });
    expect(exact.status).toBe('converged');
    expect(objective(problem, published.omega, published.delta)).toBeGreaterThan(exact.objective + 1e-3);
  });
});

describe('allocateNodes in reference mode', () => {
  it('selects the published code’s nodes, in its order, from its scores', () => {
    const trace = loadReferenceTrace();
    const { selected, important, mode } = allocateNodes(trace.scores, {
      mode: 'reference',
      targetNodes: 14,
      importantNodes: 6,
    });
    expect(mode).toBe('reference');
    expect(important).toEqual(trace.importantIndices);
    expect(selected).toEqual(trace.selected);
  });

  it('has no options that it would ignore', () => {
    const options: object = { shrinkage: 0.5 };
    expect(() =>
      allocateNodes(randomScores(5, 6, 1), { mode: 'reference', targetNodes: 3, ...options }),
    ).toThrow('allocateNodes: unknown option "shrinkage"');
  });
});

function combine(p: number, entry: (i: number, j: number) => number): Matrix {
  return Matrix.from(Array.from({ length: p }, (_, i) => Array.from({ length: p }, (__, j) => entry(i, j))));
}

function plusDiagonal(a: Matrix, ridge: number): Matrix {
  return combine(a.rows, (i, j) => a.get(i, j) + (i === j ? ridge : 0));
}

/** By cofactors. */
function inverse3(a: Matrix): Matrix {
  const cofactor = (i: number, j: number): number => {
    const at = (r: number, c: number): number => a.get((i + r) % 3, (j + c) % 3);
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + a.get(0, j) * cofactor(0, j), 0);
  return combine(3, (i, j) => cofactor(j, i) / determinant);
}
