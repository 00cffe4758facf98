/** The stationarity residual against finite differences of F. */
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { ggmProblem, lpPenalty, objective, stationarity } from '../src/index.js';
import { directObjective } from './direct-objective.js';
import { randomCorrelation } from './random-problem.js';

describe('stationarity', () => {
  it('has the Ω gradient that finite differences of F have', () => {
    const covariance = randomCorrelation(5, 7);
    const problem = ggmProblem({
      covariance,
      coupling: 0.4,
      tau: 0.1,
      penalty: lpPenalty(0.7),
      importantNodes: [0, 3],
    });
    const omega = randomCorrelation(5, 8);
    const delta = randomCorrelation(5, 9);
    // Gradients by symmetric moves for Ω and free moves for Δ (differentiable here: no group is zero).
    let square = 0;
    const h = 1e-6;
    const slope = (at: (step: number) => number): number => (at(h) - at(-h)) / (2 * h);
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++) {
        const forOmega = slope((step) => {
          const moved = omega.clone();
          moved.set(i, j, moved.get(i, j) + step);
          if (i !== j) moved.set(j, i, moved.get(j, i) + step);
          return directObjective(problem, moved, delta);
        });
        // A symmetric move changes two entries: half of its slope belongs to each.
        square += (i === j ? forOmega : forOmega / 2) ** 2;
        square +=
          slope((step) => {
            const moved = delta.clone();
            moved.set(i, j, moved.get(i, j) + step);
            return directObjective(problem, omega, moved);
          }) ** 2;
      }
    }
    const size = Math.hypot(...covariance.data);
    expect(stationarity(problem, omega, delta)).toBeCloseTo(Math.sqrt(square) / size, 7);
  });

  it('is infinite, as F is, where Ω is not positive definite', () => {
    const problem = ggmProblem({ covariance: Matrix.identity(2), coupling: 1, tau: 1, penalty: lpPenalty() });
    const omega = Matrix.diagonal([1, -1]);
    expect(stationarity(problem, omega, omega)).toBe(Infinity);
    expect(objective(problem, omega, omega)).toBe(Infinity);
  });
});
