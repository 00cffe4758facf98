/** ‖A‖₂ of a symmetric positive semidefinite matrix. */
import { symmetricEigen, type Matrix } from '@ggm-peft/linalg';

export function largestEigenvalue(a: Matrix): number {
  const { values } = symmetricEigen(a);
  return values[values.length - 1] ?? 0;
}
