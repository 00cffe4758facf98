/**
 * The best A for a given B: with G = B S_JJ Bᵀ ⪰ 0, φ's condition S_II − A⁻¹ − A⁻¹ G A⁻¹ = 0 is A S_II A − A − G = 0.
 * In X = S_II^½ A S_II^½ it reads X² − X − S_II^½ G S_II^½ = 0, solved in the eigenvectors of the last term by
 * x = (1 + √(1 + 4g)) / 2. For G = 0 this is S_II⁻¹.
 */
import { fromEigen, Matrix, multiply, symmetricEigen } from '@ggm-peft/linalg';

/** S_II^½ and its inverse, [m, m] each. */
export interface SquareRoots {
  readonly root: Matrix;
  readonly inverseRoot: Matrix;
}

export function squareRoots(covarianceII: Matrix): SquareRoots {
  const { values, vectors } = symmetricEigen(covarianceII);
  return {
    root: fromEigen(values.map(Math.sqrt), vectors),
    inverseRoot: fromEigen(
      values.map((value) => 1 / Math.sqrt(value)),
      vectors,
    ),
  };
}

/** @param g G [m, m], symmetric positive semidefinite up to rounding */
export function bestImportantBlock({ root, inverseRoot }: SquareRoots, g: Matrix): Matrix {
  const { values, vectors } = symmetricEigen(symmetricPart(multiply(multiply(root, g), root)));
  const x = fromEigen(
    values.map((value) => (1 + Math.sqrt(1 + 4 * Math.max(0, value))) / 2),
    vectors,
  );
  return symmetricPart(multiply(multiply(inverseRoot, x), inverseRoot));
}

export function symmetricPart(a: Matrix): Matrix {
  const n = a.rows;
  const result = Matrix.zeros(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      result.data[i * n + j] = ((a.data[i * n + j] ?? 0) + (a.data[j * n + i] ?? 0)) / 2;
  }
  return result;
}
