/** One step of AdamW on a chunk; src/adamw.ts has the equations. */
import { first, gradient, second, weights } from './chunk';
import { loadPair, storePairs } from './pairs';

/**
 * Overwrites the chunk's weights and moments, for `count` values rounded up to a multiple of 4.
 *
 * @param scale what clipping multiplies the gradient by
 * @param kept 1 − η ω
 * @param change η / (1 − β1^t)
 * @param correction2 1 − β2^t
 */
export function adamWStep(
  count: usize,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  scale: f64,
  kept: f64,
  change: f64,
  correction2: f64,
): void {
  const scales = f64x2.splat(scale);
  const beta1s = f64x2.splat(beta1);
  const beta2s = f64x2.splat(beta2);
  const rest1s = f64x2.splat(1 - beta1);
  const rest2s = f64x2.splat(1 - beta2);
  const keeps = f64x2.splat(kept);
  const changes = f64x2.splat(change);
  const correction2s = f64x2.splat(correction2);
  const epsilons = f64x2.splat(epsilon);
  let w = weights();
  let m = first();
  let v = second();
  let g = gradient();
  for (const end = w + (count << 2); w < end;) {
    const g0 = f64x2.mul(scales, loadPair(g));
    const g1 = f64x2.mul(scales, loadPair(g + 8));
    const m0 = f64x2.add(f64x2.mul(beta1s, loadPair(m)), f64x2.mul(rest1s, g0));
    const m1 = f64x2.add(f64x2.mul(beta1s, loadPair(m + 8)), f64x2.mul(rest1s, g1));
    const v0 = f64x2.add(f64x2.mul(beta2s, loadPair(v)), f64x2.mul(f64x2.mul(rest2s, g0), g0));
    const v1 = f64x2.add(f64x2.mul(beta2s, loadPair(v + 8)), f64x2.mul(f64x2.mul(rest2s, g1), g1));
    const root0 = f64x2.add(f64x2.sqrt(f64x2.div(v0, correction2s)), epsilons);
    const root1 = f64x2.add(f64x2.sqrt(f64x2.div(v1, correction2s)), epsilons);
    storePairs(m, m0, m1);
    storePairs(v, v0, v1);
    storePairs(
      w,
      f64x2.sub(f64x2.mul(keeps, loadPair(w)), f64x2.div(f64x2.mul(changes, m0), root0)),
      f64x2.sub(f64x2.mul(keeps, loadPair(w + 8)), f64x2.div(f64x2.mul(changes, m1), root1)),
    );
    w += 16;
    m += 16;
    v += 16;
    g += 16;
  }
}
