/** The graphical lasso as the case of a convex penalty on entries: published answers and closed forms. */
import { describe, expect, it } from '@jest/globals';
import { cappedL1Penalty, cholesky, gemanPenalty, logSumPenalty, Matrix, mcpPenalty } from '@ggm-peft/linalg';
import { fitGgm } from '../src/index.js';
import { gaussianNumbers, largestDifference } from './random-problem.js';
import { convex } from './solver-problems.js';

describe('the graphical lasso', () => {
  /** Covariances (ddof 0) of Fisher's iris data, computed from its published 150 rows. */
  const iris = Matrix.from([
    [0.681122222222222, -0.042151111111111, 1.26582, 0.512828888888889],
    [-0.042151111111111, 0.188712888888889, -0.327458666666667, -0.120828444444444],
    [1.26582, -0.327458666666667, 3.095502666666667, 1.2869720000000002],
    [0.512828888888889, -0.120828444444444, 1.2869720000000002, 0.577132888888889],
  ]);

  it.each(['newton', 'admm'] as const)(
    'equals R glasso’s answers that scikit-learn’s tests hold (%s)',
    (solver) => {
      // sklearn/covariance/tests/test_graphical_lasso.py: test_graphical_lasso_iris and …_iris_singular.
      const options = { solver, tolerance: 1e-10, maxIterations: 5000 };
      const all = fitGgm({ covariance: iris, tau: 1, penalty: convex, structure: 'entries' }, options);
      const expected = Matrix.from([
        [1.5190747, 0, -0.1304475, 0],
        [0, 5.299055, 0, 0],
        [-0.1304475, 0, 0.3498624, -0.1683946],
        [0, 0, -0.1683946, 1.8164353],
      ]);
      expect(largestDifference(all.omega, expected)).toBeLessThan(1e-6);
      expect(all.objective).toBeCloseTo(2.447444, 6);
      expect(all.omega.get(0, 1)).toBe(0);

      const two = Matrix.from([
        [iris.get(2, 2), iris.get(2, 3)],
        [iris.get(3, 2), iris.get(3, 3)],
      ]);
      const pair = fitGgm({ covariance: two, tau: 0.1, penalty: convex, structure: 'entries' }, options);
      const theta = Matrix.from([
        [1.52836773, -3.14334831],
        [-3.14334831, 8.19753385],
      ]);
      expect(largestDifference(pair.omega, theta)).toBeLessThan(1e-6);
      expect(pair.objective).toBeCloseTo(1.026117, 6);
    },
  );

  it('is known in closed form where the thresholded covariance is a tree', () => {
    // s_ij above the threshold on a star and a chain only; everything else is below it.
    const tree: readonly (readonly [number, number, number])[] = [
      [0, 1, 0.6],
      [0, 2, -0.5],
      [0, 3, 0.4],
      [3, 4, 0.55],
      [4, 5, -0.45],
    ];
    const covariance = Matrix.diagonal([1, 2, 1, 1.5, 1, 1]);
    for (const [i, j, value] of tree) {
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
    covariance.set(1, 5, 0.05);
    covariance.set(5, 1, 0.05);
    const fit = fitGgm(
      { covariance, tau: 0.3, penalty: convex, structure: 'entries' },
      { tolerance: 1e-12, decompose: false },
    );
    expect(fit.iterations).toBe(0);
    expect(fit.status).toBe('converged');
    for (const [i, j] of tree) expect(fit.omega.get(i, j)).not.toBe(0);
  });

  it('penalises the diagonal on demand, which makes up for a variable of no variance', () => {
    const covariance = Matrix.diagonal([2, 0, 1]);
    const input = { covariance, tau: 0.5, penalty: convex, structure: 'entries' } as const;
    expect(() => fitGgm(input)).toThrow(/covariance diagonal must be positive definite.*at node 1/);
    const fit = fitGgm({ ...input, penaliseDiagonal: true }, { tolerance: 1e-10 });
    expect(fit.omega.get(0, 0)).toBeCloseTo(1 / 2.5, 9);
    expect(fit.omega.get(1, 1)).toBeCloseTo(1 / 0.5, 9);
    expect(fit.omega.get(2, 2)).toBeCloseTo(1 / 1.5, 9);
  });

  it('estimates from fewer samples than variables', () => {
    const next = gaussianNumbers(4);
    const n = 8;
    const p = 15;
    const x = Array.from({ length: n }, () => Float64Array.from({ length: p }, () => next()));
    const covariance = Matrix.zeros(p, p);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++)
        covariance.set(i, j, x.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / n);
    }
    const fit = fitGgm({ covariance, tau: 0.3, penalty: convex, structure: 'entries' });
    expect(fit.status).toBe('converged');
    expect(cholesky(fit.omega).status).toBe('ok');
    // A penalty that levels off, or grows like the logarithm, leaves no minimum here.
    for (const penalty of [cappedL1Penalty(1), gemanPenalty(1), logSumPenalty(1), mcpPenalty()]) {
      expect(() => fitGgm({ covariance, tau: 0.3, penalty, structure: 'entries' })).toThrow(
        /does not outgrow log t/,
      );
    }
  });
});
