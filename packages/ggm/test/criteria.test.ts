/** Information criteria: goldens of scikit-learn, definitions, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { aic, bic, ebic, logLikelihood } from '../src/tuning/criteria.js';
import { countEdges } from '../src/tuning/support.js';
import { expected, covariance, places } from './lasso-path.js';

describe('criteria', () => {
  it.each(places)('agree with scikit-learn on its own answer, place %s', (k) => {
    const theta = expected.matrix('path', k, 'precision');
    const fit = { omega: theta, delta: theta };
    const data = { covariance, sampleCount: 40 };
    expect(countEdges(theta)).toBe(expected.number('path', k, 'edges'));
    expect(logLikelihood(theta, data)).toBeCloseTo(expected.number('path', k, 'logLikelihood'), 9);
    expect(aic(fit, data)).toBeCloseTo(expected.number('path', k, 'aic'), 9);
    expect(bic(fit, data)).toBeCloseTo(expected.number('path', k, 'bic'), 9);
    expect(ebic(fit, data, 0.5)).toBeCloseTo(expected.number('path', k, 'ebic'), 9);
    expect(ebic(fit, data)).toBe(ebic(fit, data, 0.25));
  });

  it('ebic is bic at gamma 0 and grows by 4 |E| log p', () => {
    const theta = expected.matrix('path', '4', 'precision');
    const fit = { omega: theta, delta: theta };
    const data = { covariance, sampleCount: 40 };
    expect(ebic(fit, data, 0)).toBe(bic(fit, data));
    expect(ebic(fit, data, 0.75) - ebic(fit, data, 0.25)).toBeCloseTo(4 * 0.5 * 9 * Math.log(6), 9);
  });

  it('are infinite where Ω is not positive definite, and refuse what is out of range', () => {
    const indefinite = Matrix.from([
      [1, 2],
      [2, 1],
    ]);
    const data = { covariance: Matrix.identity(2), sampleCount: 10 };
    expect(ebic({ omega: indefinite, delta: indefinite }, data)).toBe(Infinity);
    expect(() => ebic({ omega: indefinite, delta: indefinite }, data, 2)).toThrow(
      'gamma must lie in [0, 1]; got 2',
    );
    expect(() => logLikelihood(indefinite, { ...data, sampleCount: 0 })).toThrow(
      'must be positive and finite; got 0',
    );
  });

  it('count an edge only where no penalised side is zero', () => {
    const delta = Matrix.from([
      [1, 0, 0.2],
      [0.5, 1, 0.3],
      [0.2, 0, 1],
    ]);
    expect(countEdges(delta)).toBe(1);
  });
});
