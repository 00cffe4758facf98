/**
 * What is left of the penalty on a length r of Ω when Δ is the best one for it:
 *
 *   e(r) = min_{d ≥ 0} λ (r − d)² + w g(d)          (w τ times the model's weight; e = w g for λ = ∞)
 *
 * the Moreau envelope of g (Moreau 1965). With v given, argmin_u ½ (u − v)² + s e(u) minimises over u and d together:
 * u = (v + 2sλ d)/(1 + 2sλ) at the best d, which leaves d = prox_{(s + 1/2λ) w g}(v).
 */
import type { Penalty } from '@ggm-peft/linalg';
import { scalarProx } from './penalty-term.js';

export interface Envelope {
  /** e(r), r ≥ 0. */
  value(r: number): number;
  /** argmin_u ½ (u − v)² + step · e(u), v ≥ 0. */
  prox(v: number, step: number): number;
  /** e′(r), r > 0. */
  slope(r: number): number;
}

/**
 * @param weight w ≥ 0; Infinity holds d at zero.
 * @param coupling λ > 0; Infinity makes e the penalty itself.
 */
export function envelope(penalty: Penalty, weight: number, coupling: number): Envelope {
  if (weight === 0) return { value: () => 0, prox: (v) => v, slope: () => 0 };
  if (coupling === Infinity) {
    return {
      value: (r) => (r === 0 ? 0 : weight * penalty.value(r)),
      prox: (v, step) => scalarProx(penalty, v, step * weight),
      slope: (r) => weight * penalty.derivative(r),
    };
  }
  const nearest = (r: number): number => scalarProx(penalty, r, weight / (2 * coupling));
  return {
    value: (r) => {
      const d = nearest(r);
      return coupling * (r - d) ** 2 + (d > 0 ? weight * penalty.value(d) : 0);
    },
    prox: (v, step) => {
      const d = scalarProx(penalty, v, weight * (step + 1 / (2 * coupling)));
      return (v + 2 * step * coupling * d) / (1 + 2 * step * coupling);
    },
    slope: (r) => 2 * coupling * (r - nearest(r)),
  };
}

/** Envelopes by weight, each made once. */
export function envelopes(penalty: Penalty, coupling: number): (weight: number) => Envelope {
  const known = new Map<number, Envelope>();
  return (weight) => {
    const found = known.get(weight);
    if (found !== undefined) return found;
    const made = envelope(penalty, weight, coupling);
    known.set(weight, made);
    return made;
  };
}
