/**
 * What a model asks of a penalty g on lengths t ≥ 0: absolute values of entries, or Euclidean norms of groups (the lift
 * is `proxGroup`). Problems and solvers meet g through these members only.
 *
 * Every penalty here is weight-free: the model's weight multiplies it, weight · g(t), and changes neither its shape nor
 * its knees. Where the literature writes a level λ inside the penalty (MCP, SCAD), `level` is a parameter of ours.
 */
export interface Penalty {
  /** Name for messages and reports, such as `lp(0.9)`. */
  readonly name: string;
  /**
   * Whether g outgrows every multiple of log t as t → ∞. Only then can it make up for a singular covariance S, along whose
   * null directions −log det Ω falls like −log t: log-sum cannot, and a penalty that levels off cannot.
   */
  readonly coercive: boolean;
  /** Whether g is convex on [0, ∞); then every stationary point of a model is a global minimum. */
  readonly convex: boolean;
  /** g′(0+), the slope at zero from the right; Infinity for ℓp with p < 1 and ℓ0. */
  readonly slopeAtZero: number;
  /** g(t) for t ≥ 0; g(0) = 0 and g never falls. */
  value(t: number): number;
  /**
   * argmin_x ½ (x − t)² + weight · g(|x|) for t ≥ 0 and weight ≥ 0: a global minimiser, to rounding error. Where two are
   * equally good it is the smaller one, for ℓ0 and ℓp that is 0. Weight 0 is the identity, weight Infinity gives 0.
   */
  prox(t: number, weight: number): number;
  /** g′(t) for t > 0; at a kink, the derivative from the right. */
  derivative(t: number): number;
  /**
   * Distance from `slope` to weight · ∂g(|t|), the limiting subdifferential at t ≥ 0. At t = 0 it is the interval
   * between ∓weight · g′(0+), all of ℝ where g′(0+) = ∞; at weight 0 it is {0} everywhere.
   */
  subdifferentialDistance(t: number, slope: number, weight: number): number;
}
