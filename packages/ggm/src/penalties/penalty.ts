/**
 * What the model asks of a penalty g on lengths t ≥ 0. Solvers and problem meet g through these members only.
 */
export interface Penalty {
  /** Name for messages and reports, such as `lp(0.9)`. */
  readonly name: string;
  /** Whether g(t) → ∞ as t → ∞. A penalty that levels off cannot make up for a singular covariance. */
  readonly coercive: boolean;
  /** g(t) for t ≥ 0, with g(0) = 0. */
  value(t: number): number;
  /** argmin_x ½ (x − t)² + weight · g(|x|) for t ≥ 0 and weight ≥ 0; a global minimiser. */
  prox(t: number, weight: number): number;
  /**
   * Distance from `slope` to weight · ∂g(|t|), the limiting subdifferential at t ≥ 0. At t = 0 it is the interval
   * between ∓weight · g′(0+), all of ℝ where g′(0+) = ∞.
   */
  subdifferentialDistance(t: number, slope: number, weight: number): number;
}
