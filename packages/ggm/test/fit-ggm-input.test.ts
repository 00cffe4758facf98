/** What fitGgm refuses, and how it says so. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { fitGgm, lpPenalty } from '../src/index.js';
import { randomCorrelation } from './random-problem.js';

describe('fitGgm, bad input', () => {
  const good = { covariance: randomCorrelation(5, 1), coupling: 1, tau: 1, penalty: lpPenalty() };

  it('names what is wrong with numbers, nodes and options', () => {
    expect(() => fitGgm({ ...good, coupling: 0 })).toThrow('ggmProblem: coupling must be positive; got 0');
    expect(() => fitGgm({ ...good, tau: -1 })).toThrow(
      'ggmProblem: tau must be finite and not negative; got -1',
    );
    expect(() => fitGgm({ ...good, importantNodes: [5] })).toThrow(
      'importantNodes must hold integers in 0..4; got 5',
    );
    expect(() => fitGgm({ ...good, importantNodes: [1, 1] })).toThrow('must be distinct; got 1 twice');
    expect(() => fitGgm(good, { tolerance: 0 })).toThrow('fitGgm: tolerance must be positive; got 0');
    expect(() => fitGgm(good, { maxIterations: -1 })).toThrow('maxIterations must be a non-negative integer');
    const misspelt: object = { tolerence: 1 };
    expect(() => fitGgm(good, misspelt)).toThrow(
      'fitGgm: unknown option "tolerence"; did you mean "tolerance"?',
    );
    const start = { omega: Matrix.identity(4), delta: Matrix.identity(5) };
    expect(() => fitGgm(good, { start })).toThrow(
      'fitGgm: start.omega must be 5 x 5 as covariance is; got 4 x 4',
    );
  });

  it('names the entry that is not symmetric or not finite', () => {
    const covariance = randomCorrelation(5, 1);
    covariance.set(1, 3, 0.7);
    covariance.set(3, 1, 0.2);
    expect(() => fitGgm({ ...good, covariance })).toThrow(
      'ggmProblem: covariance must be symmetric; entry [1, 3] = 0.7 but [3, 1] = 0.2',
    );
    covariance.set(1, 3, Number.NaN);
    expect(() => fitGgm({ ...good, covariance })).toThrow(
      'ggmProblem: covariance must be finite; entry [1, 3] = NaN',
    );
    expect(() => fitGgm({ ...good, covariance: Matrix.zeros(2, 3) })).toThrow('must be square; got 2 x 3');
  });

  it('says where S is not definite enough, and accepts it where the penalty makes up for it', () => {
    const rankOne = (p: number): Matrix => new Matrix(p, p, new Float64Array(p * p).fill(1));
    expect(() => fitGgm({ ...good, covariance: rankOne(4), importantNodes: [0, 2] })).toThrow(
      /covariance among the important nodes must be positive definite.*at node 2\. Shrink it/,
    );
    expect(() => fitGgm({ ...good, covariance: rankOne(4), importantNodes: [0] })).toThrow(
      /among the other nodes.*at node 2/,
    );
    expect(() => fitGgm({ ...good, covariance: rankOne(4), tau: 0 })).toThrow(/tau is 0/);
    expect(() => fitGgm({ ...good, covariance: Matrix.diagonal([1, 0, 1]) })).toThrow(
      /covariance diagonal.*at node 1/,
    );
    // One important and one other node: both unpenalised blocks are 1 x 1.
    const fit = fitGgm(
      { ...good, covariance: rankOne(2), importantNodes: [0], coupling: 0.1 },
      { tolerance: 1e-8 },
    );
    expect(fit.status).toBe('converged');
  });

  it('rejects a matrix that is no covariance at all', () => {
    const covariance = Matrix.from([
      [1, 2],
      [2, 1],
    ]);
    expect(() => fitGgm({ ...good, covariance, importantNodes: [0] })).toThrow(
      /must be positive semidefinite/,
    );
  });

  it('asks for a definite S under a penalty that levels off', () => {
    const capped = { ...lpPenalty(1), name: 'capped', coercive: false };
    const covariance = new Matrix(2, 2, new Float64Array(4).fill(1));
    expect(() => fitGgm({ ...good, covariance, penalty: capped, importantNodes: [0] })).toThrow(
      /capped does not outgrow log t/,
    );
  });
});
