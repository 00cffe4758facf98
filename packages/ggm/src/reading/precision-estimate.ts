/**
 * What the readers read: the Ω and Δ of a fit, or one matrix that is both (the answer of another program, say). Their
 * common border check lives here.
 */
import { Matrix, requireFinite, requireSymmetric } from '@ggm-peft/linalg';

/** Ω and Δ; a fit is one. */
export interface PrecisionEstimate {
  /** Ω [p, p]: symmetric, positive diagonal. */
  readonly omega: Matrix;
  /** Δ [p, p]: its copy with exact zeros. */
  readonly delta: Matrix;
}

/** A fit, or a precision matrix whose own zeros are to be read. */
export type PrecisionLike = PrecisionEstimate | Matrix;

/**
 * The checked Ω and Δ.
 *
 * @param caller function that was called; begins the messages.
 * @throws RangeError when Ω is not symmetric and finite with a positive diagonal, or Δ not finite and of Ω's shape.
 */
export function readPrecisionEstimate(caller: string, estimate: PrecisionLike): PrecisionEstimate {
  const { omega, delta } =
    estimate instanceof Matrix ? { omega: estimate, delta: estimate } : { ...estimate };
  requirePrecision(`${caller}: omega`, omega);
  if (delta.rows !== omega.rows || delta.cols !== omega.cols) {
    throw new RangeError(
      `${caller}: delta must be ${omega.rows} x ${omega.cols} as omega is; got ${delta.rows} x ${delta.cols}`,
    );
  }
  requireFinite(`${caller}: delta`, delta);
  return { omega, delta };
}

/**
 * Checks that `omega` can be a precision matrix: symmetric, finite, positive on the diagonal.
 *
 * @param caller function and argument; begins the messages.
 */
export function requirePrecision(caller: string, omega: Matrix): void {
  requireSymmetric(caller, omega);
  for (let i = 0; i < omega.rows; i++) {
    const value = omega.data[i * omega.cols + i] ?? 0;
    if (!(value > 0)) {
      throw new RangeError(`${caller} must have a positive diagonal; entry [${i}, ${i}] = ${value}`);
    }
  }
}
