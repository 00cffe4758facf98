import { describe, expect, it } from '@jest/globals';
import { cholesky, choleskyInverse, Matrix, multiplyTransposedRight } from '@ggm-peft/linalg';
import fc from 'fast-check';
import { connectedComponents } from '../src/reading/connected-components.js';
import { edges, type EdgeRule } from '../src/reading/edges.js';
import { importantNodeScores } from '../src/reading/important-node-scores.js';
import { nodeStrengths } from '../src/reading/node-strengths.js';
import { partialCorrelations } from '../src/reading/partial-correlations.js';
import { summary } from '../src/reading/summary.js';

/** Nodes 0–1–2 in a chain, 3–4 joined, 5 alone. */
const omega = Matrix.from([
  [4, -1, 0, 0, 0, 0],
  [-1, 1, 0.2, 0, 0, 0],
  [0, 0.2, 1, 0, 0, 0],
  [0, 0, 0, 2, 1, 0],
  [0, 0, 0, 1, 2, 0],
  [0, 0, 0, 0, 0, 3],
]);

const nodeNames = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Positive definite p × p matrices, p in 2..6. */
const precisions = fc.integer({ min: 2, max: 6 }).chain((p) =>
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: p * p, maxLength: p * p })
    .map((entries) => {
      const root = new Matrix(p, p, Float64Array.from(entries));
      const product = multiplyTransposedRight(root, root);
      for (let i = 0; i < p; i++) product.set(i, i, product.get(i, i) + 0.5);
      return product;
    }),
);

describe('partialCorrelations', () => {
  it('is −ω_ij / √(ω_ii ω_jj)', () => {
    const r = partialCorrelations(omega);
    expect(r.get(0, 1)).toBeCloseTo(0.5, 15);
    expect(r.get(1, 2)).toBeCloseTo(-0.2, 15);
    expect(r.get(3, 4)).toBeCloseTo(-0.5, 15);
    expect(r.get(0, 0)).toBe(1);
    expect(Object.is(r.get(0, 5), 0)).toBe(true); // not −0
  });

  it('is the correlation of the residuals of i and j regressed on all others', () => {
    fc.assert(
      fc.property(precisions, (precision) => {
        const factor = cholesky(precision);
        if (factor.status !== 'ok') throw new Error('not positive definite');
        const sigma = choleskyInverse(factor.lower);
        const p = precision.rows;
        const r = partialCorrelations(precision);
        // The residuals' covariance is the Schur complement of the others' block.
        const conditional = schurComplement(
          sigma,
          [0, 1],
          Array.from({ length: p - 2 }, (_, k) => k + 2),
        );
        const expected = conditional.get(0, 1) / Math.sqrt(conditional.get(0, 0) * conditional.get(1, 1));
        expect(r.get(0, 1)).toBeCloseTo(expected, 8);
        expect(Math.abs(r.get(0, 1))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('names a diagonal that is not positive', () => {
    const bad = omega.clone();
    bad.set(2, 2, -1);
    expect(() => partialCorrelations(bad)).toThrow(
      'partialCorrelations: omega must have a positive diagonal; entry [2, 2] = -1',
    );
  });
});

describe('edges', () => {
  it('lists them by size, with names', () => {
    expect(edges(omega, { nodeNames })).toEqual([
      { i: 0, j: 1, from: 'a', to: 'b', precision: -1, partialCorrelation: 0.5 },
      { i: 3, j: 4, from: 'd', to: 'e', precision: 1, partialCorrelation: -0.5 },
      { i: 1, j: 2, from: 'b', to: 'c', precision: 0.2, partialCorrelation: -0.2 },
    ]);
    expect(edges(omega).map(({ from, to }) => from + to)).toEqual(['01', '34', '12']);
  });

  it('takes the support from Δ and the values from Ω', () => {
    const delta = omega.clone();
    delta.set(0, 1, 0);
    delta.set(1, 0, 0);
    delta.set(3, 4, 0.001);
    const found = edges({ omega, delta });
    expect(found.map(({ i, j }) => [i, j])).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(found[0]?.precision).toBe(1);
  });

  it.each<[EdgeRule, number]>([
    ['and', 2],
    ['or', 3],
  ])('joins the two halves of Δ by %s', (rule, count) => {
    const delta = omega.clone();
    delta.set(0, 1, 0);
    expect(edges({ omega, delta }, { rule })).toHaveLength(count);
  });

  it('takes `and` by default', () => {
    const delta = omega.clone();
    delta.set(1, 0, 0);
    expect(edges({ omega, delta })).toHaveLength(2);
  });

  it('keeps edges of at least the threshold', () => {
    expect(edges(omega, { threshold: 0.2 })).toHaveLength(3);
    expect(edges(omega, { threshold: 0.3 })).toHaveLength(2);
    expect(edges(omega, { threshold: 0.6 })).toHaveLength(0);
  });

  it('keeps edges that touch some nodes', () => {
    expect(edges(omega, { touching: [2, 4] }).map(({ i, j }) => [i, j])).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(edges(omega, { touching: [] })).toEqual([]);
  });

  it('permutes with the nodes', () => {
    fc.assert(
      fc.property(precisions, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (precision, keys) => {
        const p = precision.rows;
        const ranked = Array.from({ length: p }, (_, i) => ({ i, key: keys[i] ?? 0 }));
        const order = ranked.sort((a, b) => a.key - b.key || a.i - b.i).map(({ i }) => i);
        const moved = Matrix.zeros(p, p);
        order.forEach((from, i) => {
          order.forEach((to, j) => {
            moved.set(i, j, precision.get(from, to));
          });
        });
        const named = (list: ReturnType<typeof edges>): string[] =>
          list.map(({ from, to, precision: value }) => `${[from, to].sort().join()} ${value}`).sort();
        expect(named(edges(moved, { nodeNames: order.map(String) }))).toEqual(named(edges(precision)));
      }),
    );
  });

  it.each([
    [{ nodeNames: ['a'] }, 'edges: nodeNames must hold 6 names, one a node; got 1'],
    [
      { nodeNames: ['a', 'b', 'a', 'd', 'e', 'f'] },
      'edges: nodeNames must be distinct; nodes 0 and 2 are both "a"',
    ],
    [{ nodeNames: ['a', 'b', '', 'd', 'e', 'f'] }, 'edges: nodeNames must not be empty; node 2 has no name'],
    [{ threshold: -0.1 }, 'edges: threshold must be a number in 0..1; got -0.1'],
    [{ threshold: Number.NaN }, 'edges: threshold must be a number in 0..1; got NaN'],
    [{ touching: [6] }, 'edges: touching must hold integers in 0..5; got 6'],
  ])('rejects %j', (options, message) => {
    expect(() => edges(omega, options)).toThrow(message);
  });

  it('names the option that was meant', () => {
    const misspelt = { rule: 'or' as const, treshold: 0.1 };
    expect(() => edges(omega, misspelt)).toThrow(
      'edges: unknown option "treshold"; did you mean "threshold"?',
    );
  });

  it('rejects matrices that do not fit together', () => {
    expect(() => edges({ omega, delta: Matrix.identity(5) })).toThrow(
      'edges: delta must be 6 x 6 as omega is; got 5 x 5',
    );
  });
});

describe('nodeStrengths', () => {
  it('counts edges and adds their sizes', () => {
    const { degree, strength } = nodeStrengths(omega);
    expect(Array.from(degree)).toEqual([1, 2, 1, 1, 1, 0]);
    expect(strength[1]).toBeCloseTo(0.7, 15);
    expect(strength[5]).toBe(0);
  });

  it('counts only the edges asked for', () => {
    expect(Array.from(nodeStrengths(omega, { threshold: 0.3 }).degree)).toEqual([1, 1, 0, 1, 1, 0]);
  });
});

describe('connectedComponents', () => {
  it('lists the largest first, nodes in order', () => {
    expect(connectedComponents(omega)).toEqual([[0, 1, 2], [3, 4], [5]]);
    expect(connectedComponents(Matrix.identity(3))).toEqual([[0], [1], [2]]);
  });

  it('agrees with a search from every node', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 14 }),
        (p, pairs) => {
          const graph = Matrix.identity(p);
          for (const [i, j] of pairs) {
            if (i === j || i >= p || j >= p) continue;
            graph.set(i, j, 0.01);
            graph.set(j, i, 0.01);
          }
          const reached = (from: number): string => {
            const seen = new Set([from]);
            for (const at of seen) {
              for (let j = 0; j < p; j++) if (graph.get(at, j) !== 0) seen.add(j);
            }
            return [...seen].sort((a, b) => a - b).join();
          };
          const components = connectedComponents(graph);
          expect(components.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: p }, (_, i) => i));
          for (const component of components) {
            for (const node of component) expect(reached(node)).toBe(component.join());
          }
          const sizes = components.map((component) => component.length);
          expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
        },
      ),
    );
  });
});

describe('importantNodeScores', () => {
  const delta = omega.clone();
  delta.set(3, 4, 0);
  const fit = { omega, delta };

  it.each([
    ['omega', { 1: Math.hypot(1, 0.2), 0: 1, 3: 1, 5: 0 }],
    ['delta', { 1: Math.hypot(1, 0.2), 3: 1, 4: 0, 5: 0 }],
    ['partial-correlation', { 1: Math.hypot(0.5, 0.2), 0: 0.5, 3: 0.5, 5: 0 }],
    ['degree', { 1: 2, 0: 1, 3: 0, 4: 0, 5: 0 }],
  ] as const)('scores by %s', (by, expected) => {
    const scores = importantNodeScores(fit, { by, nodeNames });
    expect(scores).toHaveLength(6);
    for (const [node, score] of Object.entries(expected)) {
      expect(scores.find((each) => each.node === Number(node))?.score).toBeCloseTo(score, 14);
    }
    expect(scores[0]).toMatchObject({ node: 1, name: 'b', degree: 2 });
    const values = scores.map(({ score }) => score);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  });

  it('scores by partial correlation unless told otherwise, whatever the units', () => {
    const units = [1, 10, 0.1, 3, 7, 1000];
    const scaled = omega.clone();
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) scaled.set(i, j, omega.get(i, j) * (units[i] ?? 1) * (units[j] ?? 1));
    }
    const before = importantNodeScores(omega);
    const after = importantNodeScores(scaled);
    expect(after.map(({ node }) => node)).toEqual(before.map(({ node }) => node));
    after.forEach(({ score }, k) => {
      expect(score).toBeCloseTo(before[k]?.score ?? Number.NaN, 12);
    });
  });
});

describe('summary', () => {
  it('counts', () => {
    const { strongestEdges, ...rest } = summary(omega, { strongest: 2 });
    expect(rest).toEqual({
      nodes: 6,
      edges: 3,
      density: 3 / 15,
      positiveEdges: 1,
      negativeEdges: 2,
      componentSizes: [3, 2, 1],
      isolatedNodes: [5],
    });
    expect(strongestEdges.map(({ i, j }) => [i, j])).toEqual([
      [0, 1],
      [3, 4],
    ]);
  });

  it('has the pairs with an end among some nodes for its density', () => {
    // Node 1 has five pairs, two of them edges.
    expect(summary(omega, { touching: [1] }).density).toBe(2 / 5);
    expect(summary(Matrix.identity(1)).density).toBe(0);
  });

  it('rejects a bad number of edges to list', () => {
    expect(() => summary(omega, { strongest: 1.5 })).toThrow(
      'summary: strongest must be a non-negative integer; got 1.5',
    );
  });
});

/** Σ_aa − Σ_ab Σ_bb⁻¹ Σ_ba. */
function schurComplement(sigma: Matrix, a: readonly number[], b: readonly number[]): Matrix {
  const result = Matrix.from(a.map((i) => a.map((j) => sigma.get(i, j))));
  if (b.length === 0) return result;
  const factor = cholesky(Matrix.from(b.map((i) => b.map((j) => sigma.get(i, j)))));
  if (factor.status !== 'ok') throw new Error('not positive definite');
  const inverse = choleskyInverse(factor.lower);
  a.forEach((i, r) => {
    a.forEach((j, c) => {
      let value = result.get(r, c);
      b.forEach((k, x) => {
        b.forEach((l, y) => {
          value -= sigma.get(i, k) * inverse.get(x, y) * sigma.get(l, j);
        });
      });
      result.set(r, c, value);
    });
  });
  return result;
}
