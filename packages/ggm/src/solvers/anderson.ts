/**
 * Anderson's extrapolation of a fixed-point iteration x ← G(x) (Anderson, J. ACM 12, 1965; type II as in Walker & Ni,
 * SIAM J. Numer. Anal. 49, 2011): the combination Σ α_i G(x_i) of the last images, Σ α_i = 1, whose residual
 * Σ α_i (G(x_i) − x_i) is least. On a linear iteration it is GMRES. It may overshoot: whoever uses it compares the
 * objective at the extrapolation with that at the plain image, and forgets the history where it was worse.
 */
import { cholesky, choleskySolve, Matrix } from '@ggm-peft/linalg';

/** Added to the least-squares problem's diagonal, relative to its trace. */
const RIDGE = 1e-12;

/** The last points and their images, oldest first. */
export interface AndersonHistory {
  readonly points: readonly Float64Array[];
  readonly images: readonly Float64Array[];
}

export const emptyHistory: AndersonHistory = { points: [], images: [] };

/** The history with one more point, at most `memory` + 1 of them. */
export function remember(
  { points, images }: AndersonHistory,
  point: Float64Array,
  image: Float64Array,
  memory: number,
): AndersonHistory {
  return { points: [...points, point].slice(-memory - 1), images: [...images, image].slice(-memory - 1) };
}

/** The extrapolation from a history; null where it holds fewer than two points or they are all but dependent. */
export function extrapolate({ points, images }: AndersonHistory): Float64Array | null {
  const residuals = images.map((image, i) => image.map((value, t) => value - (points[i]?.[t] ?? 0)));
  const last = residuals.at(-1);
  const image = images.at(-1);
  const count = residuals.length - 1;
  if (last === undefined || image === undefined || count < 1) return null;
  const differences = residuals
    .slice(0, -1)
    .map((residual) => last.map((value, t) => value - (residual[t] ?? 0)));
  const normal = Matrix.zeros(count, count);
  const right = Matrix.zeros(count, 1);
  differences.forEach((a, i) => {
    right.data[i] = dot(a, last);
    for (let j = 0; j <= i; j++) {
      const value = dot(a, differences[j] ?? a);
      normal.data[i * count + j] = value;
      normal.data[j * count + i] = value;
    }
  });
  let trace = 0;
  for (let i = 0; i < count; i++) trace += normal.data[i * count + i] ?? 0;
  if (!(trace > 0 && trace < Infinity)) return null;
  for (let i = 0; i < count; i++)
    normal.data[i * count + i] = (normal.data[i * count + i] ?? 0) + RIDGE * trace;
  const factor = cholesky(normal);
  if (factor.status !== 'ok') return null;
  const shares = choleskySolve(factor.lower, right).data;
  const result = image.slice();
  for (let i = 0; i < count; i++) {
    const share = shares[i] ?? 0;
    const older = images[i] ?? image;
    for (let t = 0; t < result.length; t++) {
      result[t] = (result[t] ?? 0) - share * ((image[t] ?? 0) - (older[t] ?? 0));
    }
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += (a[t] ?? 0) * (b[t] ?? 0);
  return sum;
}
