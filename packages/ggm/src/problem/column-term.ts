/** P(Δ) = τ Σ_j w_j g(‖Δ_{I,j}‖₂) over the groups of groups.ts. */
import { euclideanNorm, proxGroup, type Matrix, type Penalty } from '@ggm-peft/linalg';
import { readGroup, writeGroup, type Group } from './groups.js';
import { scalarDistance, scalarProx, type PenaltyTerm } from './penalty-term.js';

export function columnTerm(penalty: Penalty, tau: number, groups: readonly Group[]): PenaltyTerm {
  return {
    value: (delta) => {
      let sum = 0;
      for (const group of groups) {
        const length = euclideanNorm(readGroup(delta.data, delta.rows, group));
        if (length > 0) sum += totalWeight(tau, group) * penalty.value(length);
      }
      return sum;
    },
    prox: (v, step) => {
      const result = v.clone();
      for (const group of groups) {
        const weight = step * totalWeight(tau, group);
        const entries = readGroup(v.data, v.rows, group);
        writeGroup(
          result.data,
          v.rows,
          group,
          proxGroup(entries, (length) => scalarProx(penalty, length, weight)),
        );
      }
      return result;
    },
    distance: (delta, pull, curvature) => {
      const p = delta.rows;
      const rest = pull.data.slice();
      let square = 0;
      for (const group of groups) {
        const weight = totalWeight(tau, group);
        const entries = readGroup(delta.data, p, group);
        const slopes = readGroup(pull.data, p, group);
        square += groupDistance(penalty, weight, curvature(group.column), entries, slopes) ** 2;
        for (const row of group.rows) rest[row * p + group.column] = 0;
      }
      return Math.hypot(Math.sqrt(square), euclideanNorm(rest));
    },
  };
}

/** τ w_j; a structural zero stays one at τ = 0. */
function totalWeight(tau: number, { weight }: Group): number {
  return weight === Infinity ? Infinity : tau * weight;
}

/** Distance from `pull` to weight · ∂g(‖·‖) at v: along v the scalar distance, across it all of the pull. */
function groupDistance(
  penalty: Penalty,
  weight: number,
  curvature: number,
  v: Float64Array,
  pull: Float64Array,
): number {
  const length = euclideanNorm(v);
  if (length === 0) return scalarDistance(penalty, weight, curvature, 0, euclideanNorm(pull));
  let along = 0;
  for (let k = 0; k < v.length; k++) along += ((pull[k] ?? 0) * (v[k] ?? 0)) / length;
  const across = pull.map((value, k) => value - (along * (v[k] ?? 0)) / length);
  return Math.hypot(scalarDistance(penalty, weight, curvature, length, along), euclideanNorm(across));
}

/** The groups' lengths ‖Δ_{I,j}‖₂, in the groups' order. */
export function groupLengths(matrix: Matrix, groups: readonly Group[]): Float64Array {
  return Float64Array.from(groups, (group) => euclideanNorm(readGroup(matrix.data, matrix.rows, group)));
}
