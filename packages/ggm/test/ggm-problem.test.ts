/** What a problem refuses. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { ggmProblem } from '../src/index.js';
import { randomCorrelation } from './random-problem.js';
import { convex } from './solver-problems.js';

describe('a problem, bad input', () => {
  const covariance = randomCorrelation(4, 1);
  const good = { covariance, tau: 0.1, penalty: convex };

  it('names the weight, the structure and the option', () => {
    expect(() => ggmProblem({ ...good, weights: new Float64Array(3) })).toThrow(
      'ggmProblem: weights must be a Float64Array of 4, one a column; got a Float64Array of 3',
    );
    expect(() => ggmProblem({ ...good, weights: Float64Array.of(1, -1, 1, 1) })).toThrow('entry [1] = -1');
    const matrix = Matrix.identity(4);
    matrix.set(2, 1, 3);
    expect(() => ggmProblem({ ...good, structure: 'entries', weights: matrix })).toThrow(
      'ggmProblem: weights must be symmetric; entry [1, 2] = 0 but [2, 1] = 3',
    );
    expect(() => ggmProblem({ ...good, weights: matrix })).toThrow(/got a 4 x 4 Matrix/);
    expect(() => ggmProblem({ ...good, structure: 'entries', importantNodes: [1] })).toThrow(
      /importantNodes need structure "columns"/,
    );
    expect(() => ggmProblem({ ...good, penaliseDiagonal: true })).toThrow(/needs structure "entries"/);
    const misspelt: object = { ...good, lamda: 3 };
    expect(() => ggmProblem({ ...good, ...misspelt })).toThrow(/unknown option "lamda"/);
  });

  it('says how a matrix and a penalty are made', () => {
    const rows: object = { covariance: covariance.toRows() };
    expect(() => ggmProblem({ ...good, ...rows })).toThrow(
      'ggmProblem: covariance must be a Matrix; got an array; write Matrix.from(rows)',
    );
    const named: object = { penalty: 'l1' };
    expect(() => ggmProblem({ ...good, ...named })).toThrow(
      'ggmProblem: penalty must be a penalty such as l1Penalty(); got "l1"',
    );
  });
});
