/** From the table to S, as the settings ask for it. */
import type { Matrix } from '@ggm-peft/linalg';
import { correlation, covariance } from '../data/covariance.js';
import type { CovarianceEstimate, Estimator } from '../data/estimate.js';
import { ledoitWolf } from '../data/ledoit-wolf.js';
import { pairwiseCorrelation, pairwiseCovariance, type PairwiseEstimate } from '../data/pairwise.js';
import { rankCorrelation } from '../data/rank-correlation.js';
import { schaeferStrimmer } from '../data/schaefer-strimmer.js';
import type { Settings } from './settings.js';
import type { Table } from './table.js';
import { UserError } from './user-error.js';

/** S and what to know of it. */
export interface TableCovariance {
  /** S [p, p]. */
  readonly covariance: Matrix;
  /** n for the information criteria. */
  readonly sampleCount: number;
  /** What S is, in words. */
  readonly description: string;
  /** What was done to it that a reader should know; often nothing. */
  readonly notes: readonly string[];
  /** The same estimate from other samples, for cross-validation and StARS. */
  readonly estimator: Estimator;
}

/** @throws UserError on columns that do not vary; RangeError on samples that no estimate can be made of */
export function estimateCovariance(
  { names, samples }: Table,
  file: string,
  settings: Settings,
): TableCovariance {
  if (samples.rows < 3) {
    throw new UserError(`${file}: must hold at least 3 rows below its header; got ${samples.rows}`);
  }
  const result =
    settings.missing === 'pairwise' ? pairwise(samples, names, settings) : complete(samples, settings);
  const [constant] = result.constantColumns;
  if (constant !== undefined) {
    const name = names[constant] ?? '';
    throw new UserError(
      `${file}: column "${name}" has the same value in every row; leave it out: --exclude "${name}"`,
    );
  }
  return result;
}

type Described = TableCovariance & Pick<CovarianceEstimate, 'constantColumns'>;

function pairwise(samples: Matrix, names: readonly string[], { estimator: kind }: Settings): Described {
  const estimator = (x: Matrix): PairwiseEstimate =>
    kind === 'covariance' ? pairwiseCovariance(x) : pairwiseCorrelation(x);
  const estimate = estimator(samples);
  const { repair, sparsePairs, fewestObservations } = estimate;
  const [sparsest] = sparsePairs;
  return {
    ...estimate,
    estimator,
    // The cautious one of the numbers of rows behind the entries.
    sampleCount: Math.max(1, fewestObservations),
    description: `pairwise ${kind === 'covariance' ? 'covariance' : 'correlation'} matrix`,
    notes: [
      `every pair of columns rests on the rows where both have a value, ${fewestObservations} at least; that number stands for n`,
      ...(sparsest === undefined
        ? []
        : [
            `${sparsePairs.length} pairs rest on few rows, "${names[sparsest.i] ?? ''}" and "${names[sparsest.j] ?? ''}" on ${sparsest.observations}`,
          ]),
      ...repairNote(repair.distance),
    ],
  };
}

function complete(samples: Matrix, { estimator: kind, shrinkage }: Settings): Described {
  if (shrinkage !== 'none') {
    const estimator =
      shrinkage === 'ledoit-wolf'
        ? ledoitWolf
        : (x: Matrix) => schaeferStrimmer(x, typeof shrinkage === 'number' ? { intensity: shrinkage } : {});
    const estimate = estimator(samples);
    return {
      ...estimate,
      estimator,
      description: `${kind} matrix, shrunk by ${estimate.intensity.toPrecision(3)}`,
      notes: [],
    };
  }
  if (kind === 'spearman' || kind === 'kendall') {
    const estimator = (x: Matrix): ReturnType<typeof rankCorrelation> => rankCorrelation(x, { kind });
    const estimate = estimator(samples);
    const description = `${kind === 'spearman' ? "Spearman's" : "Kendall's"} rank correlation matrix`;
    return { ...estimate, estimator, description, notes: repairNote(estimate.repair.distance) };
  }
  const estimator = kind === 'covariance' ? (x: Matrix) => covariance(x) : correlation;
  return { ...estimator(samples), estimator, description: `${kind} matrix`, notes: [] };
}

function repairNote(distance: number): string[] {
  return distance > 0
    ? [
        `the matrix was not positive definite and was moved by ${distance.toPrecision(3)} (Frobenius) to the nearest that is`,
      ]
    : [];
}
