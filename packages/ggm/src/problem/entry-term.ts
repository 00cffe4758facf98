/** P(Δ) = τ Σ_ij w_ij g(|δ_ij|): both (i, j) and (j, i) count, as in the graphical lasso's α ‖Θ‖_{1,off}. */
import { Matrix, type Penalty } from '@ggm-peft/linalg';
import { scalarDistance, scalarProx, type PenaltyTerm } from './penalty-term.js';

/** @param weights w [p, p] row-major; 0 where nothing is penalised. */
export function entryTerm(penalty: Penalty, tau: number, weights: Float64Array): PenaltyTerm {
  const total = weights.map((weight) => (weight === Infinity ? Infinity : tau * weight));
  return {
    value: ({ data }) => {
      let sum = 0;
      for (let k = 0; k < data.length; k++) {
        const weight = total[k] ?? 0;
        const size = Math.abs(data[k] ?? 0);
        if (weight > 0 && size > 0) sum += weight * penalty.value(size);
      }
      return sum;
    },
    prox: ({ rows, cols, data }, step) => {
      const result = data.slice();
      for (let k = 0; k < data.length; k++) {
        const weight = total[k] ?? 0;
        const value = data[k] ?? 0;
        if (weight > 0 && value !== 0) {
          result[k] = Math.sign(value) * scalarProx(penalty, Math.abs(value), step * weight);
        }
      }
      return new Matrix(rows, cols, result);
    },
    distance: (delta, pull, curvature) => {
      let square = 0;
      for (let k = 0; k < delta.data.length; k++) {
        const value = delta.data[k] ?? 0;
        const slope = pull.data[k] ?? 0;
        const weight = total[k] ?? 0;
        // The pull along the entry's sign; at 0 both signs are one case.
        const along = value < 0 ? -slope : value > 0 ? slope : Math.abs(slope);
        // A convex g's distance needs no curvature, which costs more than the distance itself.
        const distance =
          weight === 0
            ? slope
            : penalty.convex && weight < Infinity
              ? penalty.subdifferentialDistance(Math.abs(value), along, weight)
              : scalarDistance(penalty, weight, curvature(k), Math.abs(value), along);
        square += distance * distance;
      }
      return Math.sqrt(square);
    },
  };
}
