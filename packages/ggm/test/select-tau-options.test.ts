/** What the choice of τ refuses. */
import { describe, expect, it } from '@jest/globals';
import { selectTau } from '../src/tuning/select-tau.js';
import type { SelectTauOptions } from '../src/tuning/select-tau-options.js';
import { samples, covariance, lasso } from './lasso-path.js';

describe('selectTau refuses', () => {
  it('what does not go together', () => {
    const both = { ...lasso, covariance };
    expect(() => selectTau(both, samples)).toThrow(/covariance goes with a number of samples.*got both/);
    const untyped: object = { criterion: 'cv' };
    expect(() => selectTau(both, 40, untyped)).toThrow(
      'criterion "cv" fits parts of the samples and needs them [n, p]; got their number, 40',
    );
  });

  it('options of another criterion, and unknown ones', () => {
    const folds: object = { folds: 3 };
    expect(() => selectTau(lasso, samples, folds)).toThrow('selectTau: unknown option "folds"');
    const gamma: SelectTauOptions = { criterion: 'cv', ...{ gamma: 0.2 } };
    expect(() => selectTau(lasso, samples, gamma)).toThrow('selectTau: unknown option "gamma"');
    const criterion: object = { criterion: 'bics' };
    expect(() => selectTau(lasso, samples, criterion)).toThrow(
      'criterion must be one of ebic, bic, aic, cv, stars; got "bics"',
    );
  });

  it('values out of range', () => {
    expect(() => selectTau({ ...lasso, covariance }, 0)).toThrow(
      'number of samples must be positive and finite; got 0',
    );
    expect(() => selectTau(lasso, samples, { gamma: -1 })).toThrow(
      'selectTau: gamma must lie in [0, 1]; got -1',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'cv', folds: 21 })).toThrow(
      'folds must be an integer in 2..20; got 21',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', instability: 0.5 })).toThrow(
      'instability must lie between 0 and 0.5; got 0.5',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', subsamples: 1 })).toThrow(
      'subsamples must be an integer in 2..1000',
    );
    expect(() => selectTau(lasso, samples, { criterion: 'stars', subsampleSize: 40 })).toThrow(
      'subsampleSize must be an integer in 2..39; got 40',
    );
  });
});
