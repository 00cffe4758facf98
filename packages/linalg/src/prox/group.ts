/**
 * From a scalar prox to a group's: for a penalty of the norm ‖v‖₂ the prox keeps v's direction and applies the scalar
 * prox to its length, prox(v) = v · prox(‖v‖) / ‖v‖, and 0 stays 0 (Yuan & Lin, J. R. Stat. Soc. B 68, 2006, for ℓ1).
 */
import { euclideanNorm } from '../norms.js';

/**
 * The prox of a penalty on ‖v‖₂.
 *
 * @param v the group's entries; not modified.
 * @param scalarProx the penalty's prox on lengths, [0, ∞) → [0, ∞).
 * @returns a new array of v's length.
 */
export function proxGroup(v: Float64Array, scalarProx: (length: number) => number): Float64Array {
  const length = euclideanNorm(v);
  if (length === 0) return new Float64Array(v.length);
  const shrunk = scalarProx(length);
  if (shrunk === 0) return new Float64Array(v.length); // no −0
  const factor = shrunk / length;
  return v.map((value) => value * factor);
}
