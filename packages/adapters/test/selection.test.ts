/** The rules that select nodes: each on scores whose answer is known. */
import { Matrix } from '@ggm-peft/linalg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ApcaMethod, listNodes } from '../src/index.js';
import type { ApcaOptions, SelectionName } from '../src/index.js';
import { selectNodes } from '../src/methods/selection.js';
import type { SelectionInput } from '../src/methods/selection.js';
import { ToyModel, toyValues } from './toy-model.js';

let model: ToyModel;
let input: SelectionInput;
beforeAll(() => {
  model = new ToyModel();
  const ranks = new Map(model.layers.slice(0, 3).map(({ name }) => [name, 3]));
  // Three components and a bias of each of three layers; query's, key's, value's.
  const nodes = listNodes(model.layers, { ranks, encoderBiases: true, headBiases: false });
  const noise = toyValues(40 * nodes.length, 9);
  const scores = Matrix.from(
    Array.from({ length: 40 }, (_, row) =>
      Array.from({ length: nodes.length }, (__, node) =>
        // Node 5 is the most important, then 10; nodes 0 and 5 vary together.
        Math.exp(
          (node === 5 ? 6 : node === 10 ? 3 : 0) +
            2 * (noise[row * nodes.length + (node === 0 ? 5 : node)] ?? 0),
        ),
      ),
    ),
  );
  const singularValue = (site: string, component: number): number =>
    (site.endsWith('key') ? 100 : 1) * (3 - component);
  input = { nodes, scores, singularValue, targetNodes: 4, importantNodes: 1, graph: {}, seed: 0 };
});
afterAll(() => {
  model.dispose();
});

const select = (name: SelectionName, options: Partial<SelectionInput> = {}): readonly number[] =>
  selectNodes(name, { ...input, ...options }).selected;

describe('selectNodes', () => {
  it('ggm takes the important nodes first, then what is connected to them', () => {
    expect(select('ggm', { targetNodes: 2 })).toEqual([5, 0]);
    expect(selectNodes('ggm', input).important).toEqual([5]);
  });

  it('ggm-no-important takes the most connected, important or not', () => {
    const { important, selected, solver } = selectNodes('ggm-no-important', { ...input, targetNodes: 2 });
    expect(new Set(selected)).toEqual(new Set([0, 5]));
    expect(important).toEqual([]);
    expect(solver?.status).toBe('converged');
  });

  it('importance takes the largest mean scores', () => {
    expect(select('importance', { targetNodes: 2 })).toEqual([5, 10]);
  });

  it('singular-value takes the largest singular values, biases last', () => {
    expect(select('singular-value')).toEqual([4, 5, 6, 0]);
    expect(select('singular-value', { targetNodes: 10 }).at(-1)).toBe(3);
  });

  it('uniform takes as many at every site, the first components first, biases last', () => {
    expect(select('uniform')).toEqual([0, 4, 8, 1]);
    expect(select('uniform', { targetNodes: 11 }).slice(9)).toEqual([3, 7]);
  });

  it('random draws by the seed', () => {
    const first = select('random');
    expect(select('random')).toEqual(first);
    const draws = Array.from({ length: 60 }, (_, seed) => select('random', { seed }));
    // Each of 12 nodes is drawn with probability 1/3.
    for (let node = 0; node < 12; node++) {
      const times = draws.filter((selected) => selected.includes(node)).length;
      expect(times).toBeGreaterThan(8);
      expect(times).toBeLessThan(34);
    }
  });

  it.each(['importance', 'singular-value', 'random', 'uniform'] as const)('%s rests on no graph', (name) => {
    const { solver, important, selected } = selectNodes(name, input);
    expect([solver, important]).toEqual([null, []]);
    expect(new Set(selected).size).toBe(4);
  });
});

describe('options of apca', () => {
  it.each([
    [{ selection: 'singular', targetNodes: 4 }, 'got singular; did you mean singular-value?'],
    [
      { selection: 'random', importantNodes: 2 },
      'apca: importantNodes is for selection ggm; got it with random, which has no use for it',
    ],
    [{ selection: 'importance', graph: {} }, 'apca: graph is for selection ggm and ggm-no-important'],
    [{ seed: 3 }, 'apca: seed is for selection random; got it with ggm'],
    [{ selection: 'random', targetNodes: 4, seed: NaN }, 'apca: seed must be an integer; got NaN'],
    [{ importance: { beta1: 1 } }, 'ImportanceAverage: beta1 must lie in [0, 1); got 1'],
  ])('refuses %j before it changes the model', async (options, message) => {
    await expect(
      ApcaMethod.attach(model, { rank: 4, targetNodes: 6, ...options } as ApcaOptions),
    ).rejects.toThrow(message);
    expect(model.layers.every(({ pair }) => pair === null)).toBe(true);
  });
});
