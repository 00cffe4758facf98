/**
 * The roots of the secular equation
 *
 *   f(λ) = 1/ρ + Σ_j w_j / (d_j − λ) = 0,   d_0 < d_1 < … < d_{k−1},  w_j > 0,  ρ > 0,
 *
 * whose roots are the eigenvalues of diag(d) + ρ z zᵀ with w_j = z_j², Σ w_j = 1 (Golub, SIAM Review 15, 1973). Root i
 * lies between d_i and d_{i+1}, the last one in (d_{k−1}, d_{k−1} + ρ].
 *
 * Rational interpolation as LAPACK's dlaed4 (Li, LAPACK Working Note 89, 1993): f is replaced by c + s/(d_i − λ) +
 * t/(d_{i+1} − λ), which is what it looks like between two poles. Unknown is the distance μ from the nearer pole, so
 * that λ − d_j is known to its last digits for every j. Different on purpose: two poles only, never three; where two
 * steps in a row bring little the two ways of choosing the weights take turns, as there, and whatever leaves the
 * bracket is replaced by bisection, so the iteration cannot fail.
 */

/** Evaluations of f; three to five are usual. Bisection alone would have halved the bracket to nothing by then. */
const MAX_STEPS = 120;

/** What f and its parts are at one point; psi sums the poles up to `left`, phi those from `left` + 1. */
interface Value {
  f: number;
  psiSlope: number;
  phiSlope: number;
  /** |f| at or below this is rounding. */
  noise: number;
}

/** Where a root is sought: at distance low < μ < high from the pole `origin`, beginning at `start`. */
interface Search {
  readonly origin: number;
  readonly low: number;
  readonly high: number;
  readonly start: number;
}

/**
 * Finds root `index`.
 *
 * @param poles d, ascending, at least two; none coincide (deflation sees to that).
 * @param weights w, positive, sum 1.
 * @param gaps receives d_j − λ for every j, each to high relative accuracy.
 * @returns λ.
 */
export function secularRoot(
  poles: Float64Array,
  weights: Float64Array,
  rho: number,
  index: number,
  gaps: Float64Array,
): number {
  const isLast = index === poles.length - 1;
  const left = isLast ? index - 1 : index;
  distancesFrom(poles, index, gaps);
  const search = isLast ? searchLast(gaps, weights, rho) : searchBetween(gaps, weights, rho, left);
  const { origin } = search;
  if (origin !== index) distancesFrom(poles, origin, gaps);

  let { low, high, start: mu } = search;
  if (!(mu > low && mu < high)) mu = low + (high - low) / 2;
  const value: Value = { f: 0, psiSlope: 0, phiSlope: 0, noise: 0 };
  let before = Infinity;
  const nearer: Weighting = origin === left ? 'left' : 'right';
  let weighting: Weighting = nearer;
  for (let step = 0; step < MAX_STEPS; step++) {
    evaluate(gaps, weights, left, mu, 1 / rho, value);
    const size = Math.abs(value.f);
    if (size <= value.noise) break;
    if (value.f < 0) low = mu;
    else high = mu;
    if (size > before / 10) weighting = weighting === 'both' ? nearer : 'both';
    before = size;
    const dl = (gaps[left] ?? 0) - mu;
    const dr = (gaps[left + 1] ?? 0) - mu;
    const move = isLast
      ? stepLast(value, dl, dr)
      : stepBetween(value, dl, dr, weighting, weights[origin] ?? 0);
    let next = mu + move;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    // Nothing lies between two neighbouring numbers.
    if (next === mu || next === low || next === high) break;
    mu = next;
  }
  for (let j = 0; j < gaps.length; j++) gaps[j] = (gaps[j] ?? 0) - mu;
  return (poles[origin] ?? 0) + mu;
}

/** gaps[j] = d_j − d_origin. */
function distancesFrom(poles: Float64Array, origin: number, gaps: Float64Array): void {
  const base = poles[origin] ?? 0;
  for (let j = 0; j < poles.length; j++) gaps[j] = (poles[j] ?? 0) - base;
}

/** The half between poles `left` and `left` + 1 in which f changes sign, measured from the pole that bounds it. */
function searchBetween(gaps: Float64Array, weights: Float64Array, rho: number, left: number): Search {
  const width = gaps[left + 1] ?? 0;
  const half = width / 2;
  const s = weights[left] ?? 0;
  const t = weights[left + 1] ?? 0;
  const rest = restAt(gaps, weights, left, half, 1 / rho);
  const middle = rest - s / half + t / half;
  // The root of rest + s/(−μ) + t/(width − μ), or of rest + s/(−width − μ) + t/(−μ) when measured from the right.
  if (middle > 0) {
    return { origin: left, low: 0, high: half, start: smallerRoot(rest * width + s + t, s * width, rest) };
  }
  const start = smallerRoot(-rest * width + s + t, -t * width, rest);
  return { origin: left + 1, low: -half, high: 0, start };
}

/** The half of (d_{k−1}, d_{k−1} + ρ] in which f changes sign; both are measured from d_{k−1}. */
function searchLast(gaps: Float64Array, weights: Float64Array, rho: number): Search {
  const origin = gaps.length - 1;
  const half = rho / 2;
  const gap = gaps[origin - 1] ?? 0;
  const s = weights[origin - 1] ?? 0;
  const t = weights[origin] ?? 0;
  const rest = restAt(gaps, weights, origin - 1, half, 1 / rho);
  const middle = rest + s / (gap - half) - t / half;
  // The root right of both poles of rest + s/(gap − μ) + t/(−μ).
  const a = rest * gap + s + t;
  const b = -t * gap;
  const root = Math.sqrt(Math.max(a * a + 4 * b * rest, 0));
  const start = a < 0 ? (2 * b) / (root - a) : (a + root) / (2 * rest);
  return middle > 0 ? { origin, low: 0, high: half, start } : { origin, low: half, high: rho, start };
}

/** A root of c x² − a x + b, by the formula without cancellation: (a − √(a² − 4bc)) / 2c. */
function smallerRoot(a: number, b: number, c: number): number {
  const root = Math.sqrt(Math.max(a * a - 4 * b * c, 0));
  return a > 0 ? (2 * b) / (a + root) : (a - root) / (2 * c);
}

/** 1/ρ and all terms of f at distance mu but those of the two poles next to the root. */
function restAt(
  gaps: Float64Array,
  weights: Float64Array,
  left: number,
  mu: number,
  constant: number,
): number {
  let sum = constant;
  for (let j = 0; j < left; j++) sum += (weights[j] ?? 0) / ((gaps[j] ?? 0) - mu);
  for (let j = left + 2; j < weights.length; j++) sum += (weights[j] ?? 0) / ((gaps[j] ?? 0) - mu);
  return sum;
}

/** f and its parts at distance mu. */
function evaluate(
  gaps: Float64Array,
  weights: Float64Array,
  left: number,
  mu: number,
  constant: number,
  value: Value,
): void {
  let psi = 0;
  let psiSlope = 0;
  let partial = 0;
  for (let j = 0; j <= left; j++) {
    const gap = (gaps[j] ?? 0) - mu;
    const term = (weights[j] ?? 0) / gap;
    psi += term;
    psiSlope += term / gap;
    partial += psi;
  }
  let phi = 0;
  let phiSlope = 0;
  let partialPhi = 0;
  for (let j = weights.length - 1; j > left; j--) {
    const gap = (gaps[j] ?? 0) - mu;
    const term = (weights[j] ?? 0) / gap;
    phi += term;
    phiSlope += term / gap;
    partialPhi += phi;
  }
  value.f = constant + psi + phi;
  value.psiSlope = psiSlope;
  value.phiSlope = phiSlope;
  // Every partial sum is rounded once, every term a few times; μ itself is known to a relative ε.
  const terms = Math.abs(partial) + Math.abs(partialPhi) + 8 * (Math.abs(psi) + Math.abs(phi));
  value.noise = Number.EPSILON * (terms + 2 * constant + Math.abs(mu) * (psiSlope + phiSlope));
}

/** Which pole keeps its weight in the interpolant; with 'both' each takes the slope of its side of f. */
type Weighting = 'left' | 'right' | 'both';

/** The step to the root of the interpolant, between the poles at distances dl < 0 < dr; `weight` is the kept one. */
function stepBetween(
  { f, psiSlope, phiSlope }: Value,
  dl: number,
  dr: number,
  weighting: Weighting,
  weight: number,
): number {
  const slope = psiSlope + phiSlope;
  let c: number;
  if (weighting === 'both') c = f - dl * psiSlope - dr * phiSlope;
  else if (weighting === 'right') c = f - dl * slope - (dr - dl) * (weight / dr / dr);
  else c = f - dr * slope - (dl - dr) * (weight / dl / dl);
  const a = (dl + dr) * f - dl * dr * slope;
  const b = dl * dr * f;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  const step = a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
  return f * step < 0 ? step : -f / slope;
}

/** The same right of all poles, dl < dr < 0. */
function stepLast({ f, psiSlope, phiSlope }: Value, dl: number, dr: number): number {
  const slope = psiSlope + phiSlope;
  const c = Math.abs(f - dl * psiSlope - dr * phiSlope);
  const a = (dl + dr) * f - dl * dr * slope;
  const b = dl * dr * f;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  const step = a >= 0 ? (a + root) / (2 * c) : (2 * b) / (a - root);
  return f * step < 0 ? step : -f / slope;
}
