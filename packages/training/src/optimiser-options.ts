/** What an optimiser is made with. */

export interface AdamWOptions {
  /** β1, default 0.9. */
  readonly beta1?: number;
  /** β2, default 0.999. */
  readonly beta2?: number;
  /** ε, default 1e-8. */
  readonly epsilon?: number;
  /** ω, decoupled decay of matrices; default 0. */
  readonly weightDecay?: number;
  /** On a device: values in one flat buffer of moments before the next begins; default 2²⁰. */
  readonly bufferSize?: number;
}

export interface OptimiserOptions extends AdamWOptions {
  /** c, the bound on the gradients' global norm; default 0, which switches clipping off. */
  readonly maxNorm?: number;
}

export type ReadOptions = Required<OptimiserOptions>;

/** Options checked, with their defaults. */
export function readOptions(options: OptimiserOptions): ReadOptions {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const { weightDecay = 0, bufferSize = 2 ** 20, maxNorm = 0 } = options;
  for (const [name, value] of [
    ['beta1', beta1],
    ['beta2', beta2],
  ] as const) {
    if (!(value >= 0 && value < 1)) throw new Error(`adamW: ${name} must lie in [0, 1); got ${value}`);
  }
  if (!(epsilon > 0)) throw new Error(`adamW: epsilon must be positive; got ${epsilon}`);
  for (const [name, value] of [
    ['weightDecay', weightDecay],
    ['maxNorm', maxNorm],
  ] as const) {
    if (!(value >= 0)) throw new Error(`adamW: ${name} must not be negative; got ${value}`);
  }
  if (!(bufferSize >= 1)) throw new Error(`adamW: bufferSize must be at least 1; got ${bufferSize}`);
  return { beta1, beta2, epsilon, weightDecay, bufferSize, maxNorm };
}
