/** What solvers of the same problem must agree on, and where one must be better than another. */
import { describe, expect, it } from '@jest/globals';
import { l0Penalty, lpPenalty, Matrix, mcpPenalty } from '@ggm-peft/linalg';
import { fitGgm, type SolverName } from '../src/index.js';
import { largestDifference } from './random-problem.js';
import { kind, problemOf, stopping, convex } from './solver-problems.js';

describe('solvers of the same problem', () => {
  it.each([
    { structure: 'columns', important: true, coupling: 2, solvers: ['bcd', 'accelerated', 'schur'] },
    { structure: 'entries', important: false, coupling: 2, solvers: ['bcd', 'accelerated', 'newton'] },
    { structure: 'columns', important: true, coupling: Infinity, solvers: ['schur', 'admm'] },
    { structure: 'entries', important: false, coupling: Infinity, solvers: ['newton', 'admm'] },
  ] as const)('agree: $structure, λ = $coupling', ({ structure, important, coupling, solvers }) => {
    const input = problemOf(kind('bcd', structure, important, coupling), convex);
    const [first, ...others] = solvers.map((solver) => fitGgm(input, stopping(solver, 1e-10)));
    for (const other of others) {
      expect(largestDifference(other.omega, first?.omega ?? other.delta)).toBeLessThan(1e-7);
    }
  });

  it.each([
    { penalty: convex, tau: 0.3, title: 'l1' },
    { penalty: lpPenalty(0.9), tau: 0.05, title: 'lp(0.9)' },
    { penalty: mcpPenalty(), tau: 0.3, title: 'mcp' },
  ])(
    'λ = 1000: a tenth of plain descent’s iterations at most, the same residual, F no higher: $title',
    ({ penalty, tau }) => {
      for (const structure of ['columns', 'entries'] as const) {
        for (const important of structure === 'columns' ? [true, false] : [false]) {
          const input = problemOf(kind('bcd', structure, important, 1000), penalty, tau, 11, 8);
          const options = { tolerance: 1e-3, maxIterations: 15_000, decompose: false };
          const plain = fitGgm(input, { solver: 'bcd', ...options });
          expect(plain.iterations).toBeGreaterThan(300);
          // The one that fitGgm chooses; where that is another one, also the one that serves every structure.
          const solvers: SolverName[] = [
            important ? 'schur' : structure === 'entries' ? 'newton' : 'accelerated',
          ];
          if (structure === 'columns' || penalty.convex) solvers.push('accelerated');
          for (const solver of solvers) {
            const fast = fitGgm(input, { solver, ...options });
            expect(fast.status).toBe('converged');
            expect(fast.iterations).toBeLessThanOrEqual(plain.iterations / 10);
            expect(fast.objective).toBeLessThanOrEqual(plain.objective + 1e-6);
          }
        }
      }
    },
  );

  it('λ = ∞ is the limit of large λ', () => {
    const hard = fitGgm(
      problemOf(kind('schur', 'columns', true, Infinity), convex, 0.6),
      stopping('schur', 1e-10),
    );
    const distances = [1e2, 1e4, 1e6].map((coupling) => {
      const fit = fitGgm(
        problemOf(kind('schur', 'columns', true, coupling), convex, 0.6),
        stopping('schur', 1e-10),
      );
      return largestDifference(fit.omega, hard.omega);
    });
    expect(distances[0]).toBeGreaterThan(1e-6);
    expect(distances[1]).toBeLessThan((distances[0] ?? 0) / 20);
    expect(distances[2]).toBeLessThan(1e-6);
  });

  it('a fit with λ = ∞ is not satisfied with zeros that only the first-order condition allows', () => {
    for (const [structure, important] of [
      ['columns', true],
      ['entries', false],
    ] as const) {
      const fit = fitGgm(problemOf(kind('schur', structure, important, Infinity), lpPenalty(0.5), 0.02), {
        tolerance: 1e-7,
      });
      expect(fit.iterations).toBeGreaterThan(0);
      const block = [1, 4, 9].map((i) => fit.omega.get(i, 2));
      expect(block.some((value) => value !== 0)).toBe(true);
    }
  });

  it.each([l0Penalty(), lpPenalty(0.5)])(
    'an edge that pays only once the diagonal follows is found: $name',
    (penalty) => {
      // One pair: −log(1 − r²) is gained, 2τ g(|ω₁₂|) is paid. At r = 0.6 ℓ0 pays up to τ = 0.223;
      // from 0.18 on the curvature at zero no longer shows it, and zero is stationary.
      const covariance = Matrix.from([
        [1, 0.6],
        [0.6, 1],
      ]);
      const input = { covariance, penalty, structure: 'entries' } as const;
      const value = (tau: number, v: number): number => {
        const u = (1 + Math.sqrt(1 + 4 * v * v)) / 2;
        return -Math.log(u) + 2 * u + 1.2 * v + (v === 0 ? 0 : 2 * tau * penalty.value(Math.abs(v)));
      };
      for (const tau of [0.05, 0.12, 0.17]) {
        let least = value(tau, 0);
        for (let v = -2; v < 0; v += 1e-4) least = Math.min(least, value(tau, v));
        const fit = fitGgm({ ...input, tau }, { tolerance: 1e-8 });
        expect(fit.objective).toBeCloseTo(least, 6);
      }
    },
  );

  it('says which solver serves a problem when the asked one does not', () => {
    const columns = problemOf(kind('bcd', 'columns', false, Infinity), convex);
    expect(() => fitGgm(columns, { solver: 'bcd' })).toThrow(
      'fitGgm: solver "bcd" needs a finite coupling; use "admm"',
    );
    expect(() => fitGgm(columns, { solver: 'schur' })).toThrow(/important nodes/);
    expect(() => fitGgm(columns, { solver: 'newton' })).toThrow(/needs structure "entries"/);
    expect(() => fitGgm({ ...columns, coupling: 1 }, { solver: 'admm' })).toThrow(
      'needs coupling Infinity, got 1; use "accelerated"',
    );
  });
});
