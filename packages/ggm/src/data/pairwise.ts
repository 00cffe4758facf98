/**
 * Covariance and correlation where values are missing (NaN): each pair of columns is estimated from the samples in which
 * both were observed. That uses all there is, and is unbiased where values are missing completely at random; but the
 * pairs rest on different samples, so the matrix need not be positive definite. It is then replaced by the nearest
 * one that is, on the correlation scale: variances stay as they were estimated, and units do not matter.
 */
import { checkOptions, Matrix } from '@ggm-peft/linalg';
import { requireObservedSamples } from './check-samples.js';
import { constantColumns, deviation, varies } from './columns.js';
import { requireDdof } from './covariance.js';
import type { CovarianceEstimate } from './estimate.js';
import { nearestPositiveDefinite, type NearestPositiveDefinite } from './nearest-positive-definite.js';

/** A pair with fewer common samples counts as uncorrelated: of two samples every correlation is ±1. */
const LEAST_OBSERVATIONS = 3;

/** Options of {@link pairwiseCorrelation}. */
export interface PairwiseCorrelationOptions {
  /** Pairs of columns observed together in fewer samples are listed in the answer; default 10. */
  readonly fewObservations?: number;
  /** The least eigenvalue that the correlation matrix is to have, in [0, 1]; default 1e-6. */
  readonly leastEigenvalue?: number;
}

/** Options of {@link pairwiseCovariance}. */
export interface PairwiseCovarianceOptions extends PairwiseCorrelationOptions {
  /** What is taken from each pair's number of samples in the divisor, 0 or 1; default 1. */
  readonly ddof?: number;
}

/** Two columns, i < j, and in how many samples both were observed. */
export interface PairObservations {
  readonly i: number;
  readonly j: number;
  readonly observations: number;
}

/** An estimate from incomplete samples, and what to know of it. `sampleCount` is the number of rows. */
export interface PairwiseEstimate extends CovarianceEstimate {
  /** The least number of samples behind any entry: a cautious n for EBIC and BIC. */
  readonly fewestObservations: number;
  /**
   * The pairs observed together less often than `fewObservations` asks, fewest first. Those with fewer than 3 common
   * samples were taken as uncorrelated.
   */
  readonly sparsePairs: readonly PairObservations[];
  /** The step to a positive definite correlation matrix; its distance is on the correlation scale, 0 where none was needed. */
  readonly repair: Omit<NearestPositiveDefinite, 'matrix'>;
}

/**
 * The covariance matrix of incomplete samples. Variances rest on all of a column's observed values, covariances on the
 * common samples of a pair, about their means there. Without missing values, and with n > p, it equals `covariance`.
 * A constant column has a row and a column of zeros.
 *
 * @param samples X [n, p], NaN where missing; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, an infinite entry (row and column are named), a column with fewer than 2
 *   observed values, or a bad option.
 */
export function pairwiseCovariance(
  samples: Matrix,
  options: PairwiseCovarianceOptions = {},
): PairwiseEstimate {
  const caller = 'pairwiseCovariance';
  checkOptions(caller, options, ['ddof', 'fewObservations', 'leastEigenvalue']);
  const { ddof = 1, ...rest } = options;
  requireDdof(caller, ddof, 2);
  requireObservedSamples(caller, samples);
  const columns = Array.from({ length: samples.cols }, (_, j) => samples.column(j));
  const deviations = Float64Array.from(columns, (column) => {
    const observed = column.filter((value) => !Number.isNaN(value));
    return deviation(observed) * Math.sqrt((observed.length - 1) / (observed.length - ddof));
  });
  const result = estimate(caller, columns, rest, ({ observations, product }, i, j) => {
    const scale = (deviations[i] ?? 0) * (deviations[j] ?? 0);
    return scale === 0 ? 0 : product / (observations - ddof) / scale;
  });
  const p = samples.cols;
  const { data } = result.covariance;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      data[i * p + j] = (data[i * p + j] ?? 0) * ((deviations[i] ?? 0) * (deviations[j] ?? 0));
    }
  }
  return result;
}

/**
 * The correlation matrix of incomplete samples: each entry is Pearson's correlation of the pair's common samples. Without
 * missing values, and with n > p, it equals `correlation`. A constant column correlates with nothing.
 *
 * @param samples X [n, p], NaN where missing; n ≥ 2. Not modified.
 * @throws RangeError on fewer than 2 samples, an infinite entry (row and column are named), a column with fewer than 2
 *   observed values, or a bad option.
 */
export function pairwiseCorrelation(
  samples: Matrix,
  options: PairwiseCorrelationOptions = {},
): PairwiseEstimate {
  const caller = 'pairwiseCorrelation';
  checkOptions(caller, options, ['fewObservations', 'leastEigenvalue']);
  requireObservedSamples(caller, samples);
  const columns = Array.from({ length: samples.cols }, (_, j) => samples.column(j));
  return estimate(caller, columns, options, ({ product, spreadX, spreadY }) =>
    spreadX === 0 || spreadY === 0 ? 0 : product / (spreadX * spreadY),
  );
}

/** What the common samples of two columns x and y say. */
interface PairMoments {
  readonly observations: number;
  /** Σ (x − x̄)(y − ȳ). */
  readonly product: number;
  /** √Σ (x − x̄)², exactly 0 where x is constant there. */
  readonly spreadX: number;
  readonly spreadY: number;
}

/** The correlation matrix whose entries `correlate` finds, made positive definite, and the bookkeeping. */
function estimate(
  caller: string,
  columns: readonly Float64Array[],
  { fewObservations = 10, leastEigenvalue = 1e-6 }: PairwiseCorrelationOptions,
  correlate: (moments: PairMoments, i: number, j: number) => number,
): PairwiseEstimate {
  if (!(fewObservations >= 0)) {
    throw new RangeError(`${caller}: fewObservations must not be negative; got ${fewObservations}`);
  }
  const p = columns.length;
  const raw = Matrix.identity(p);
  const counts = columns.map((column) =>
    column.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0),
  );
  let fewestObservations = Math.min(...counts);
  const sparsePairs: PairObservations[] = [];
  columns.forEach((y, j) => {
    columns.slice(0, j).forEach((x, i) => {
      const moments = pairMoments(x, y);
      const { observations } = moments;
      fewestObservations = Math.min(fewestObservations, observations);
      if (observations < fewObservations) sparsePairs.push({ i, j, observations });
      if (observations < LEAST_OBSERVATIONS) return;
      const r = correlate(moments, i, j);
      raw.data[i * p + j] = r;
      raw.data[j * p + i] = r;
    });
  });
  const { matrix, ...repair } = nearestPositiveDefinite(raw, { kind: 'correlation', leastEigenvalue });
  return {
    covariance: matrix,
    sampleCount: columns[0]?.length ?? 0,
    constantColumns: constantColumns(
      Float64Array.from(columns, (column) => deviation(column.filter((value) => !Number.isNaN(value)))),
    ),
    fewestObservations,
    sparsePairs: sparsePairs.sort((a, b) => a.observations - b.observations || a.i - b.i || a.j - b.j),
    repair,
  };
}

/** Two passes over the samples in which both columns were observed. */
function pairMoments(x: Float64Array, y: Float64Array): PairMoments {
  const n = x.length;
  let observations = 0;
  let meanX = 0;
  let meanY = 0;
  let largestX = 0;
  let largestY = 0;
  for (let k = 0; k < n; k++) {
    const a = x[k] ?? 0;
    const b = y[k] ?? 0;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    observations++;
    meanX += (a - meanX) / observations;
    meanY += (b - meanY) / observations;
    largestX = Math.max(largestX, Math.abs(a));
    largestY = Math.max(largestY, Math.abs(b));
  }
  let product = 0;
  let squareX = 0;
  let squareY = 0;
  for (let k = 0; k < n; k++) {
    const a = (x[k] ?? 0) - meanX;
    const b = (y[k] ?? 0) - meanY;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    product += a * b;
    squareX += a * a;
    squareY += b * b;
  }
  const spreadX = Math.sqrt(squareX);
  const spreadY = Math.sqrt(squareY);
  return {
    observations,
    product,
    spreadX: varies(spreadX, largestX) ? spreadX : 0,
    spreadY: varies(spreadY, largestY) ? spreadY : 0,
  };
}
