/** τ_max: everything penalised is zero there, and no longer just below. */
import { describe, expect, it } from '@jest/globals';
import { l0Penalty, l1Penalty, lpPenalty, Matrix, mcpPenalty, scadPenalty } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { fitGgm } from '../src/fit-ggm.js';
import type { GgmPathInput } from '../src/tuning/path-input.js';
import { tauMax } from '../src/tuning/tau-max.js';
import { permuted, randomCorrelation } from './random-problem.js';

const covariance = randomCorrelation(6, 4);
const important = [1, 4];

/** Symmetric weights: 1, but 3 at (0, 1), free at (2, 3), zero at (0, 5). */
function mixedWeights(): Matrix {
  const weights = new Matrix(6, 6, new Float64Array(36).fill(1));
  for (const [i, j, weight] of [
    [0, 1, 3],
    [2, 3, 0],
    [0, 5, Infinity],
  ] as const) {
    weights.set(i, j, weight);
    weights.set(j, i, weight);
  }
  return weights;
}

/** The largest |δ_ij|, i ≠ j, that the penalty holds with a finite weight. */
function largestPenalised(delta: Matrix, { structure, importantNodes = [], weights }: GgmPathInput): number {
  let most = 0;
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      const weight = weights instanceof Matrix ? weights.get(i, j) : (weights?.[j] ?? 1);
      const held =
        structure === 'entries' ||
        importantNodes.length === 0 ||
        (importantNodes.includes(i) && !importantNodes.includes(j));
      if (i !== j && held && weight > 0 && weight < Infinity)
        most = Math.max(most, Math.abs(delta.get(i, j)));
    }
  }
  return most;
}

const cases: readonly (readonly [string, GgmPathInput])[] = [
  ['entries, l1', { covariance, penalty: l1Penalty(), structure: 'entries' }],
  [
    'entries, l1, weights',
    { covariance, penalty: l1Penalty(), structure: 'entries', weights: mixedWeights() },
  ],
  [
    'entries, l1, diagonal',
    { covariance, penalty: l1Penalty(), structure: 'entries', penaliseDiagonal: true },
  ],
  [
    'entries, l1, diagonal and weights',
    {
      covariance,
      penalty: l1Penalty(),
      structure: 'entries',
      penaliseDiagonal: true,
      weights: mixedWeights(),
    },
  ],
  ['entries, mcp', { covariance, penalty: mcpPenalty(), structure: 'entries' }],
  ['entries, scad', { covariance, penalty: scadPenalty(), structure: 'entries' }],
  ['entries, l1, coupling 1', { covariance, penalty: l1Penalty(), structure: 'entries', coupling: 1 }],
  [
    'entries, l1, coupling 1, diagonal and weights',
    {
      covariance,
      penalty: l1Penalty(),
      structure: 'entries',
      coupling: 1,
      penaliseDiagonal: true,
      weights: mixedWeights(),
    },
  ],
  ['entries, lp, coupling 1', { covariance, penalty: lpPenalty(0.5), structure: 'entries', coupling: 1 }],
  ['entries, l0, coupling 1', { covariance, penalty: l0Penalty(), structure: 'entries', coupling: 1 }],
  ['columns, lp', { covariance, penalty: lpPenalty(0.5), importantNodes: important }],
  ['columns, l1', { covariance, penalty: l1Penalty(), importantNodes: important }],
  [
    'columns, l1, weights',
    {
      covariance,
      penalty: l1Penalty(),
      importantNodes: important,
      weights: Float64Array.of(2, 1, 0, 0.5, 1, Infinity),
    },
  ],
  ['columns, mcp', { covariance, penalty: mcpPenalty(), importantNodes: important }],
  ['columns, l1, coupling 2', { covariance, penalty: l1Penalty(), importantNodes: important, coupling: 2 }],
  ['columns, lp, coupling 2', { covariance, penalty: lpPenalty(), importantNodes: important, coupling: 2 }],
  ['whole columns, l1, coupling 1', { covariance, penalty: l1Penalty(), coupling: 1 }],
  ['whole columns, lp, coupling 1', { covariance, penalty: lpPenalty(), coupling: 1 }],
];

describe('tauMax', () => {
  it.each(cases)('%s: zero at it, not zero just below', (_, input) => {
    const { tau, nullModel } = tauMax(input);
    expect(nullModel.status).toBe('converged');
    expect(largestPenalised(nullModel.delta, input)).toBe(0);
    const at = (share: number): Matrix =>
      fitGgm({ ...input, tau: share * tau }, { start: nullModel, tolerance: 1e-7 }).delta;
    expect(largestPenalised(at(1), input)).toBe(0);
    expect(largestPenalised(at(1 - 1e-3), input)).toBeGreaterThan(0);
  });

  const convex = cases.filter(([name]) => name.includes('l1'));
  it.each(convex)('%s: for a convex g the start does not matter', (_, input) => {
    const { tau } = tauMax(input);
    const dense = fitGgm({ ...input, tau: 0.05 * tau });
    const at = (share: number): Matrix =>
      fitGgm({ ...input, tau: share * tau }, { start: dense, tolerance: 1e-8 }).delta;
    expect(largestPenalised(at(1.001), input)).toBe(0);
    expect(largestPenalised(at(0.999), input)).toBeGreaterThan(0);
  });

  it('is the largest |s_ij| / w_ij for the weighted graphical lasso', () => {
    const weights = mixedWeights();
    weights.set(2, 3, 1);
    weights.set(3, 2, 1);
    let wanted = 0;
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < i; j++)
        wanted = Math.max(wanted, Math.abs(covariance.get(i, j)) / weights.get(i, j));
    const { tau } = tauMax({ covariance, penalty: l1Penalty(), structure: 'entries', weights });
    expect(tau / wanted).toBeCloseTo(1, 5);
    expect(tau).toBeGreaterThanOrEqual(wanted);
  });

  it('is an upper bound for whole columns and Ω = Δ', () => {
    const input = { covariance, penalty: l1Penalty() };
    const { tau, nullModel } = tauMax(input);
    expect(largestPenalised(fitGgm({ ...input, tau }, { start: nullModel }).delta, input)).toBe(0);
    expect(largestPenalised(fitGgm({ ...input, tau: tau / 2 }).delta, input)).toBeGreaterThan(0);
  });

  it.each([
    [lpPenalty(0.5), 0.95],
    [l0Penalty(), 0.7],
  ] as const)('$name, entries, Ω = Δ: zero at it, not zero where its jump pays', (penalty, share) => {
    const input: GgmPathInput = { covariance, penalty, structure: 'entries' };
    const { tau, nullModel } = tauMax(input);
    expect(largestPenalised(fitGgm({ ...input, tau }, { start: nullModel }).delta, input)).toBe(0);
    const below = fitGgm({ ...input, tau: share * tau }, { start: nullModel });
    expect(below.status).toBe('converged');
    expect(largestPenalised(below.delta, input)).toBeGreaterThan(0);
  });

  it('scales with the weights, and not with the order of the nodes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (seed, order, scale) => {
          const s = randomCorrelation(5, seed);
          const input: GgmPathInput = { covariance: s, penalty: lpPenalty(), coupling: 1 };
          const { tau } = tauMax(input);
          const weights = new Float64Array(5).fill(scale);
          expect((tauMax({ ...input, weights }).tau * scale) / tau).toBeCloseTo(1, 5);
          expect(tauMax({ ...input, covariance: permuted(s, order) }).tau / tau).toBeCloseTo(1, 5);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('is 0 where nothing pulls, or nothing is penalised', () => {
    const diagonal = Matrix.diagonal([1, 2, 3]);
    for (const penalty of [l1Penalty(), lpPenalty()]) {
      expect(tauMax({ covariance: diagonal, penalty, structure: 'entries' }).tau).toBe(0);
      expect(tauMax({ covariance, penalty, structure: 'entries', weights: Matrix.zeros(6, 6) }).tau).toBe(0);
    }
  });

  it('refuses unknown options', () => {
    const misspelt: object = { tolerence: 1 };
    expect(() => tauMax({ covariance, penalty: l1Penalty() }, misspelt)).toThrow('did you mean "tolerance"?');
  });
});
