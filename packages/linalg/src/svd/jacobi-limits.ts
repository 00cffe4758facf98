/** When one-sided Jacobi rotates two rows, and for how long it goes on. */
export interface JacobiLimits {
  /** Two rows are rotated where the cosine of their angle exceeds this. */
  readonly orthogonal: number;
  /** Rows no longer than this are noise and left alone. */
  readonly floor: number;
  readonly maxSweeps: number;
}
