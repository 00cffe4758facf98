/** What the criteria that fit parts of the samples are given. */
import type { Matrix } from '@ggm-peft/linalg';
import type { Estimator } from '../data/estimate.js';
import type { PathPoint } from './path.js';
import type { GgmPathInput, PathFitOptions } from './path-input.js';

/** The task: the same path on parts of the samples. */
export interface Resampling {
  readonly input: Omit<GgmPathInput, 'covariance'>;
  /** X [n, p]. */
  readonly samples: Matrix;
  /** Makes S of each part. */
  readonly estimator: Estimator;
  /** Falling. */
  readonly taus: readonly number[];
  readonly fitOptions: PathFitOptions;
  /** Decides the parts. */
  readonly seed: number;
  /** Called after every fit. */
  readonly onFit: (point: PathPoint) => void;
}
