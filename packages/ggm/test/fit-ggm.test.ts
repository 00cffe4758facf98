/** Fits of columns: minima by the definition, invariances, and how a fit ends. */
import { describe, expect, it } from '@jest/globals';
import { cholesky, Matrix } from '@ggm-peft/linalg';
import fc from 'fast-check';
import {
  fitGgm,
  ggmProblem,
  lpPenalty,
  objective,
  stationarity,
  type ColumnProblem,
  type GgmProblemInput,
} from '../src/index.js';
import { directObjective } from './direct-objective.js';
import { gaussianNumbers, largestDifference, permuted, randomCorrelation } from './random-problem.js';

const seeds = fc.integer({ min: 1, max: 2 ** 30 });

type ColumnInput = GgmProblemInput & { readonly structure?: 'columns' };

/** A problem whose penalty matters: p in 4..10, 0..3 important nodes. */
const anyProblem = fc
  .tuple(
    fc.integer({ min: 4, max: 10 }),
    fc.integer({ min: 0, max: 3 }),
    seeds,
    fc.constantFrom(0.02, 0.1, 0.5),
    fc.constantFrom(0.01, 0.05, 0.3),
    fc.constantFrom(0.5, 0.9, 1),
  )
  .map(([p, count, seed, coupling, tau, exponent]): ColumnInput => ({
    covariance: randomCorrelation(p, seed),
    coupling,
    tau,
    penalty: lpPenalty(exponent),
    importantNodes: Array.from({ length: count }, (_, k) => (seed + 2 * k) % p).filter(
      (node, k, all) => all.indexOf(node) === k,
    ),
  }));

describe('fitGgm', () => {
  it('reaches its tolerance, and F never rises on the way', () => {
    fc.assert(
      fc.property(anyProblem, (input) => {
        const fit = fitGgm(input, { tolerance: 1e-7, maxIterations: 20_000 });
        expect(fit.status).toBe('converged');
        expect(fit.stationarity).toBeLessThanOrEqual(1e-7);
        fit.history.forEach(({ objective: now, iteration }, k) => {
          expect(iteration).toBe(k);
          const before = fit.history[k - 1]?.objective ?? Infinity;
          expect(now).toBeLessThanOrEqual(before + 1e-12 * (1 + Math.abs(now)));
        });
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('reports the objective and the residual that the definitions give', () => {
    fc.assert(
      fc.property(anyProblem, (input) => {
        const problem = ggmProblem(input);
        const fit = fitGgm(input, { maxIterations: 3, tolerance: 1e-12 });
        const size = 1 + Math.abs(fit.objective);
        expect(Math.abs(fit.objective - directObjective(problem, fit.omega, fit.delta))).toBeLessThan(
          1e-11 * size,
        );
        expect(Math.abs(fit.objective - objective(problem, fit.omega, fit.delta))).toBeLessThan(1e-11 * size);
        // The solver's residual has no inverse in it, the definition's has.
        expect(fit.stationarity).toBeCloseTo(stationarity(problem, fit.omega, fit.delta), 9);
        expect(cholesky(fit.omega).status).toBe('ok');
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('finds a minimum that no small move improves, in any direction', () => {
    fc.assert(
      fc.property(anyProblem, seeds, (input, seed) => {
        const problem = ggmProblem(input);
        const { omega, delta, objective: least } = fitGgm(input, { tolerance: 1e-9, maxIterations: 20_000 });
        const next = gaussianNumbers(seed);
        const p = omega.rows;
        for (let trial = 0; trial < 30; trial++) {
          const size = 10 ** -(1 + (trial % 4));
          const movedOmega = omega.clone();
          const movedDelta = delta.clone();
          for (let i = 0; i < p; i++) {
            for (let j = 0; j <= i; j++) {
              const step = size * next();
              movedOmega.set(i, j, movedOmega.get(i, j) + step);
              if (i !== j) movedOmega.set(j, i, movedOmega.get(j, i) + step);
            }
            for (let j = 0; j < p; j++) movedDelta.set(i, j, movedDelta.get(i, j) + size * next());
          }
          const slack = 1e-11 * (1 + Math.abs(least));
          // Each block is globally best given the other, for convex and other penalties.
          expect(directObjectiveOrInfinity(problem, movedOmega, delta)).toBeGreaterThanOrEqual(least - slack);
          expect(directObjectiveOrInfinity(problem, omega, movedDelta)).toBeGreaterThanOrEqual(least - slack);
          if (problem.penalty.name === 'lp(1)') {
            expect(directObjectiveOrInfinity(problem, movedOmega, movedDelta)).toBeGreaterThanOrEqual(
              least - slack,
            );
          }
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('agrees with a generic minimiser on a 2 x 2 problem', () => {
    // One group, δ = Δ_{0,1}; Δ = Ω elsewhere. Minimised over (ω00, ω01, ω11, δ) by random-free pattern search.
    const s = 0.6;
    const input: ColumnInput = {
      covariance: Matrix.from([
        [1, s],
        [s, 1],
      ]),
      coupling: 0.3,
      tau: 0.25,
      penalty: lpPenalty(1),
      importantNodes: [0],
    };
    const value = ([a, b, c, d]: readonly [number, number, number, number]): number =>
      a * c - b * b > 0 && a > 0
        ? -Math.log(a * c - b * b) + a + c + 2 * s * b + 0.3 * (b - d) ** 2 + 0.25 * Math.abs(d)
        : Infinity;
    let best: readonly [number, number, number, number] = [1, 0, 1, 0];
    for (let step = 0.5; step > 1e-9;) {
      const [a, b, c, d] = best;
      const moves = [-step, 0, step];
      const candidates = moves.flatMap((i) =>
        moves.flatMap((j) => moves.flatMap((k) => moves.map((l) => [a + i, b + j, c + k, d + l] as const))),
      );
      const better = candidates.reduce((x, y) => (value(y) < value(x) ? y : x), best);
      if (better === best) step /= 2;
      else best = better;
    }
    const fit = fitGgm(input, { tolerance: 1e-10, maxIterations: 20_000 });
    expect(fit.objective).toBeCloseTo(value(best), 10);
    expect(fit.omega.get(0, 0)).toBeCloseTo(best[0], 4);
    expect(fit.omega.get(0, 1)).toBeCloseTo(best[1], 4);
    expect(fit.delta.get(0, 1)).toBeCloseTo(best[3], 4);
    expect(fit.delta.get(1, 0)).toBe(fit.omega.get(1, 0));
  });

  it('does not depend on the order of the nodes', () => {
    fc.assert(
      fc.property(anyProblem, seeds, (input, seed) => {
        const next = gaussianNumbers(seed);
        const p = input.covariance.rows;
        const keys = Array.from({ length: p }, () => next());
        const order = Array.from(keys.keys()).sort((i, j) => (keys[i] ?? 0) - (keys[j] ?? 0));
        const options = { tolerance: 1e-9, maxIterations: 50 };
        const fit = fitGgm(input, options);
        const moved = fitGgm(
          {
            ...input,
            covariance: permuted(input.covariance, order),
            importantNodes: (input.importantNodes ?? []).map((node) => order.indexOf(node)),
          },
          options,
        );
        expect(largestDifference(moved.omega, permuted(fit.omega, order))).toBeLessThan(1e-7);
        expect(largestDifference(moved.delta, permuted(fit.delta, order))).toBeLessThan(1e-7);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('does not depend on the scale of S when λ and τ follow it', () => {
    const covariance = randomCorrelation(7, 5);
    const c = 1e-4;
    const common = { penalty: lpPenalty(0.9), importantNodes: [1, 4] };
    const options = { tolerance: 1e-10, maxIterations: 5000, solver: 'bcd' } as const;
    const plain = fitGgm({ ...common, covariance, coupling: 0.1, tau: 0.05 }, options);
    // Ω → Ω/c, so λ → c²λ and τ → c^0.9 τ leave F unchanged up to a constant.
    const scaled = fitGgm(
      {
        ...common,
        covariance: new Matrix(
          7,
          7,
          covariance.data.map((value) => value * c),
        ),
        coupling: 0.1 * c * c,
        tau: 0.05 * c ** 0.9,
      },
      options,
    );
    expect(scaled.iterations).toBe(plain.iterations);
    expect(
      largestDifference(
        new Matrix(
          7,
          7,
          scaled.omega.data.map((value) => value * c),
        ),
        plain.omega,
      ),
    ).toBeLessThan(1e-8);
  });

  it('stops at once when started from an answer', () => {
    const input = {
      covariance: randomCorrelation(12, 8),
      coupling: 0.1,
      tau: 0.08,
      penalty: lpPenalty(0.9),
      importantNodes: [0, 5, 7],
    };
    const first = fitGgm(input, { tolerance: 1e-8, maxIterations: 20_000 });
    expect(first.iterations).toBeGreaterThan(3);
    const again = fitGgm(input, { tolerance: 1.01e-8, start: first });
    expect(again.iterations).toBe(0);
    expect(again.status).toBe('converged');
    expect(again.omega).toBe(first.omega);
  });

  it('is not satisfied with zeros that only the first-order condition allows', () => {
    const covariance = randomCorrelation(8, 3);
    const problem = ggmProblem({
      covariance,
      coupling: 0.1,
      tau: 0.01,
      penalty: lpPenalty(0.5),
      importantNodes: [0, 1],
    });
    const { omega, delta } = fitGgm(
      { covariance, coupling: 0.1, tau: 100, penalty: lpPenalty(0.5), importantNodes: [0, 1] },
      { tolerance: 1e-9 },
    );
    for (const { column } of problem.groups)
      expect(Math.hypot(delta.get(0, column), delta.get(1, column))).toBe(0);
    expect(stationarity(problem, omega, delta)).toBeGreaterThan(1e-3);
  });

  it('gives the inverse of S when nothing is penalised', () => {
    const covariance = randomCorrelation(6, 2);
    const { omega, delta, iterations } = fitGgm(
      { covariance, coupling: 1, tau: 0, penalty: lpPenalty() },
      { tolerance: 1e-9 },
    );
    expect(iterations).toBe(0);
    expect(largestDifference(omega, delta)).toBe(0);
    const identity = Matrix.identity(6);
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        const product = Array.from(omega.row(i)).reduce(
          (sum, value, k) => sum + value * covariance.get(k, j),
          0,
        );
        expect(product).toBeCloseTo(identity.get(i, j), 9);
      }
    }
  });

  it('leaves S and the start alone', () => {
    const input = {
      covariance: randomCorrelation(6, 4),
      coupling: 0.1,
      tau: 0.1,
      penalty: lpPenalty(),
      importantNodes: [2],
    };
    const before = input.covariance.clone();
    const start = { omega: Matrix.identity(6), delta: Matrix.identity(6) };
    fitGgm(input, { start });
    expect(largestDifference(input.covariance, before)).toBe(0);
    expect(largestDifference(start.omega, Matrix.identity(6))).toBe(0);
    expect(largestDifference(start.delta, Matrix.identity(6))).toBe(0);
  });

  it('converges from a start that is not positive definite', () => {
    const omega = Matrix.diagonal([-1, 1, 1, 1]);
    const fit = fitGgm(
      { covariance: randomCorrelation(4, 6), coupling: 0.1, tau: 0.1, penalty: lpPenalty() },
      { start: { omega, delta: omega } },
    );
    expect(fit.history[0]?.objective).toBe(Infinity);
    expect(fit.status).toBe('converged');
  });
});

function directObjectiveOrInfinity(problem: ColumnProblem, omega: Matrix, delta: Matrix): number {
  return cholesky(omega).status === 'ok' ? directObjective(problem, omega, delta) : Infinity;
}

describe('fitGgm, how it ends', () => {
  const input: ColumnInput = {
    covariance: randomCorrelation(8, 1),
    coupling: 5,
    tau: 1,
    penalty: lpPenalty(),
    importantNodes: [0, 1],
  };

  it('says what to try when it hits the limit', () => {
    const fit = fitGgm(input, { maxIterations: 2, tolerance: 1e-12 });
    expect(fit.status).toBe('iteration-limit');
    expect(fit.iterations).toBe(2);
    expect(fit.history.map(({ iteration }) => iteration)).toEqual([0, 1, 2]);
    expect(fit.message).toMatch(/Raise maxIterations, raise tau/);
  });

  it('stops when aborted, between steps', () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const fit = fitGgm(input, {
      tolerance: 1e-12,
      signal: controller.signal,
      onIteration: ({ iteration }) => {
        seen.push(iteration);
        if (iteration === 3) controller.abort();
      },
    });
    expect(fit.status).toBe('aborted');
    expect(fit.iterations).toBe(3);
    expect(seen).toEqual([0, 1, 2, 3]);
  });
});
