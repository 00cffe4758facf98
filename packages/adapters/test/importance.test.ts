import { describe, expect, it } from '@jest/globals';

import { ImportanceAverage } from '../src/index.js';

describe('ImportanceAverage', () => {
  it('follows the recurrence of sensitivity and uncertainty', () => {
    const average = new ImportanceAverage(1, 1, 'whole', { beta1: 0.5, beta2: 0.75 });
    average.update(Float32Array.of(2), Float32Array.of(-3)); // s = 6: I = 3, U = 0.25 · |6 − 3| = 0.75
    expect(average.scores()).toEqual(Float64Array.of(3 * 0.75));
    average.update(Float32Array.of(1), Float32Array.of(1)); // s = 1: I = 2, U = 0.5625 + 0.25 · |1 − 2| = 0.8125
    expect(average.scores()).toEqual(Float64Array.of(2 * 0.8125));
  });

  it('averages a matrix by columns, by rows or whole', () => {
    const weights = Float32Array.of(1, 1, 1, 1, 1, 1);
    const gradients = Float32Array.of(1, 2, 3, 4, 5, 6);
    const scores = (part: 'columns' | 'rows' | 'whole'): number[] => {
      const average = new ImportanceAverage(2, 3, part, { beta1: 0, beta2: 0 });
      // With β1 = 0 the uncertainty is zero: use β1 = ½, where one step gives I = s/2 and U = s/2 at β2 = 0.
      const half = new ImportanceAverage(2, 3, part, { beta1: 0.5, beta2: 0 });
      average.update(weights, gradients);
      half.update(weights, gradients);
      expect(average.scores().every((score) => score === 0)).toBe(true);
      return [...half.scores()].map((score) => score * 4);
    };
    expect(scores('whole')).toEqual([91 / 6]);
    expect(scores('columns')).toEqual([(1 + 16) / 2, (4 + 25) / 2, (9 + 36) / 2]);
    expect(scores('rows')).toEqual([14 / 3, 77 / 3]);
  });

  it('reads its part of a longer vector', () => {
    const average = new ImportanceAverage(1, 2, 'whole', { beta1: 0.5, beta2: 0 });
    average.update(Float32Array.of(9, 9, 1, 1), Float32Array.of(9, 9, 2, 2), 2);
    expect(average.scores()).toEqual(Float64Array.of(1));
  });

  it('refuses decays outside [0, 1)', () => {
    expect(() => new ImportanceAverage(1, 1, 'whole', { beta1: 1 })).toThrow(
      'ImportanceAverage: beta1 must lie in [0, 1); got 1',
    );
    expect(() => new ImportanceAverage(1, 1, 'whole', { beta2: NaN })).toThrow(
      'beta2 must lie in [0, 1); got NaN',
    );
  });
});
