import { describe, expect, it } from '@jest/globals';
import { cholesky, Matrix } from '@ggm-peft/linalg';
import { shrinkCorrelation, transformScores } from '../src/index.js';
import { randomScores } from './random-problem.js';
import { loadReferenceTrace } from './reference-trace.js';

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mx = mean(x);
  const my = mean(y);
  const product = (a: readonly number[], ma: number, b: readonly number[], mb: number): number =>
    a.reduce((sum, value, k) => sum + (value - ma) * ((b[k] ?? Number.NaN) - mb), 0);
  return product(x, mx, y, my) / Math.sqrt(product(x, mx, x, mx) * product(y, my, y, my));
}

describe('transformScores, correlation', () => {
  const scores = randomScores(25, 6, 3);
  const logs = Array.from({ length: 6 }, (_, j) => Array.from(scores.column(j), Math.log));

  it('without shrinkage is the correlation matrix of the logarithms', () => {
    const { covariance, samples, shrinkage } = transformScores(scores, { shrinkage: 0 });
    expect(shrinkage).toBe(0);
    logs.forEach((x, i) => {
      expect(Array.from(samples.column(i))).toEqual(x);
      logs.forEach((y, j) => {
        expect(covariance.get(i, j)).toBeCloseTo(correlation(x, y), 12);
      });
    });
  });

  it('shrinks off-diagonals by the intensity of Schäfer & Strimmer (2005), from the definition', () => {
    const n = 25;
    let variances = 0;
    let squares = 0;
    const standard = logs.map((x) => {
      const centre = mean(x);
      const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1));
      return x.map((value) => (value - centre) / deviation);
    });
    standard.forEach((x, i) => {
      standard.forEach((y, j) => {
        if (i === j) return;
        const w = x.map((value, k) => value * (y[k] ?? Number.NaN));
        const centre = mean(w);
        variances += (n / (n - 1) ** 3) * w.reduce((sum, value) => sum + (value - centre) ** 2, 0);
        squares += ((n / (n - 1)) * centre) ** 2;
      });
    });
    const { covariance, shrinkage } = transformScores(scores);
    expect(shrinkage).toBeGreaterThan(0.01);
    expect(shrinkage).toBeCloseTo(variances / squares, 12);
    expect(covariance.get(0, 1)).toBeCloseTo((1 - shrinkage) * correlation(logs[0] ?? [], logs[1] ?? []), 12);
    expect(covariance.get(2, 2)).toBe(1);
  });

  it('does not depend on the scale of any node', () => {
    const scaled = new Matrix(
      25,
      6,
      scores.data.map((value, k) => value * 10 ** ((k % 6) * 3 - 9)),
    );
    const one = transformScores(scores);
    const other = transformScores(scaled);
    other.covariance.data.forEach((value, k) => {
      expect(value).toBeCloseTo(one.covariance.data[k] ?? Number.NaN, 10);
    });
  });

  it('is positive definite with fewer samples than nodes, even with two', () => {
    for (const n of [2, 5, 10]) {
      const { covariance, shrinkage } = transformScores(randomScores(n, 30, n));
      expect(shrinkage).toBeGreaterThan(0);
      expect(cholesky(covariance).status).toBe('ok');
    }
  });

  it('makes nothing NaN of zeros, constants, overflow and rounding noise', () => {
    const awkward = randomScores(12, 6, 9);
    for (let i = 0; i < 12; i++) {
      awkward.set(i, 0, 0); // always zero
      awkward.set(i, 1, 1e-3); // constant
      if (i % 3 === 0) awkward.set(i, 2, 0); // sometimes zero
      awkward.set(i, 3, 1e-23 * (1 + i)); // a key bias
    }
    awkward.set(0, 4, Infinity);
    for (const transform of ['correlation', 'authors'] as const) {
      const { covariance, samples } = transformScores(awkward, { transform });
      expect(covariance.data.every(Number.isFinite)).toBe(true);
      expect(samples.data.every(Number.isFinite)).toBe(true);
    }
    const { covariance, samples } = transformScores(awkward);
    expect(samples.get(0, 0)).toBe(-200);
    expect(samples.get(0, 4)).toBe(200);
    for (const constant of [0, 1]) {
      for (let j = 0; j < 6; j++) expect(covariance.get(constant, j)).toBe(constant === j ? 1 : 0);
    }
  });

  it('is the identity when no two nodes correlate, with intensity 1', () => {
    const { covariance, shrinkage } = transformScores(
      new Matrix(3, 2, Float64Array.from([1, 2, 1, 3, 1, 4])),
    );
    expect(shrinkage).toBe(1);
    expect(Array.from(covariance.data)).toEqual([1, 0, 0, 1]);
  });

  it('rejects what it cannot use', () => {
    expect(() => transformScores(randomScores(1, 4, 1))).toThrow(
      'must have at least 2 rows (samples) for a covariance; got 1',
    );
    expect(() =>
      transformScores(
        Matrix.from([
          [1, 2],
          [3, -4],
        ]),
      ),
    ).toThrow('must not be negative or NaN; entry [1, 1] = -4');
    expect(() =>
      transformScores(
        Matrix.from([
          [1, Number.NaN],
          [3, 4],
        ]),
      ),
    ).toThrow('entry [0, 1] = NaN');
    expect(() => transformScores(scores, { shrinkage: 2 })).toThrow('intensity must lie in [0, 1]; got 2');
    expect(() => transformScores(scores, { transform: 'authors', shrinkage: 0.1 })).toThrow(
      /applies to "correlation" only/,
    );
    const misspelt: object = { transfrom: 'authors' };
    expect(() => transformScores(scores, misspelt)).toThrow('did you mean "transform"?');
  });
});

describe('transformScores, authors', () => {
  it('reproduces the published code’s covariance of its scores to single precision', () => {
    const { scores, covariance: expected } = loadReferenceTrace();
    const { covariance } = transformScores(scores, { transform: 'authors' });
    const largest = Math.max(...expected.data);
    covariance.data.forEach((value, k) => {
      expect(Math.abs(value - (expected.data[k] ?? Number.NaN)) / largest).toBeLessThan(1e-6);
    });
  });

  it('has unit rows before centring', () => {
    const { samples } = transformScores(randomScores(5, 7, 2), { transform: 'authors' });
    for (let i = 0; i < 5; i++) expect(Math.hypot(...samples.row(i))).toBeCloseTo(1, 14);
  });
});

describe('shrinkCorrelation', () => {
  it('clips the estimate to its floor', () => {
    // Two samples of two nodes: every product z_i z_j is the same, so the estimated variance is 0.
    const z = new Matrix(2, 2, Float64Array.from([1, 1, -1, -1].map((value) => value * Math.SQRT1_2)));
    const { intensity, correlation: r } = shrinkCorrelation(z);
    expect(intensity).toBe(1e-3);
    expect(r.get(0, 1)).toBeCloseTo(0.999, 12);
  });
});
