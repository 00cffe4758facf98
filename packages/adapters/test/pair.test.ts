/** A pair with λ, a scale and dropout: what layers compute with it, and what setPair refuses. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { AdaptableLayer, Embedding, Linear, pairVariables } from '../src/index.js';
import type { DropoutSource, LowRankPair, Parameter } from '../src/index.js';
import { toyValues } from './toy-model.js';

const [out, inn, rank] = [5, 4, 2];

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const variable = (seed: number, ...shape: number[]): tf.Variable =>
  tf.variable(
    tf.tensor(
      toyValues(
        shape.reduce((product, side) => product * side, 1),
        seed,
      ),
      shape,
    ),
  );
const parameter = (name: string, seed: number, ...shape: number[]): Parameter => ({
  name,
  variable: variable(seed, ...shape),
  role: 'encoder',
});

/** W + s A diag(λ) B [out, in], written out. */
function summed(layer: AdaptableLayer, { a, b, diagonal, scale = 1 }: LowRankPair): number[][] {
  const [w, left, right] = [layer.weight.variable, a, b].map((tensor) => tensor.arraySync() as number[][]);
  const weights = (diagonal?.arraySync() ?? Array<number>(rank).fill(1)) as number[];
  return Array.from({ length: out }, (_, o) =>
    Array.from({ length: inn }, (__, i) =>
      weights.reduce(
        (sum, weight, k) => sum + scale * weight * (left?.[o]?.[k] ?? NaN) * (right?.[k]?.[i] ?? NaN),
        w?.[o]?.[i] ?? NaN,
      ),
    ),
  );
}

/** Keeps every second element, as if drawn. */
const everySecond: DropoutSource = {
  apply: (x, rate) => {
    const mask = tf.tensor(
      Float32Array.from({ length: x.size }, (_, i) => (i % 2 === 0 ? 1 / (1 - rate) : 0)),
      x.shape,
    );
    return tf.mul(x, mask);
  },
};

let linear: Linear;
let table: Embedding;
beforeEach(() => {
  linear = new Linear('layer', parameter('layer.weight', 1, out, inn), parameter('layer.bias', 2, out));
  table = new Embedding('table', parameter('table.weight', 3, out, inn));
});
afterEach(() => {
  tf.disposeVariables();
});

const pairWith = (constants: Pick<LowRankPair, 'scale' | 'dropout'>, diagonal = true): LowRankPair => ({
  a: variable(4, out, rank),
  b: variable(5, rank, inn),
  ...(diagonal ? { diagonal: variable(6, rank) } : {}),
  ...constants,
});

function expectClose(tensor: tf.Tensor, expected: tf.Tensor): void {
  expect(tensor.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  tensor.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(want[i] ?? NaN, 5);
  });
}

describe.each([
  ['with λ and a scale', { scale: 1.7 }, true],
  ['with a scale', { scale: -0.3 }, false],
  ['with λ', {}, true],
  ['alone', {}, false],
] as const)('a pair %s', (_, constants, diagonal) => {
  it.each([1, 40])('is added to the weight of a linear layer, for %d rows', (rows) => {
    const pair = pairWith(constants, diagonal);
    linear.setPair(pair);
    const x = variable(7, rows, inn);
    const b = linear.bias?.variable ?? tf.zeros([out]);
    expectClose(linear.apply(x), tf.add(tf.matMul(x, tf.tensor2d(summed(linear, pair)), false, true), b));
  });

  it('is added to the rows of an embedding', () => {
    const pair = pairWith(constants, diagonal);
    table.setPair(pair);
    const ids = tf.tensor1d([4, 0, 4], 'int32');
    expectClose(table.lookUp(ids), tf.gather(tf.tensor2d(summed(table, pair)), ids));
  });

  it('is folded into the weight', async () => {
    const pair = pairWith(constants, diagonal);
    const whole = tf.tensor2d(summed(linear, pair));
    linear.setPair(pair);
    linear.foldPair();
    expect(linear.pair).toBeNull();
    expectClose(linear.weight.variable, whole);
    expect([...(await linear.readWeight())]).toEqual([...linear.weight.variable.dataSync()]);
  });
});

describe('dropout of a pair', () => {
  it.each([1, 40])('masks what enters the pair and nothing else, for %d rows', (rows) => {
    const pair = pairWith({ scale: 2, dropout: 0.5 });
    linear.setPair(pair);
    const x = variable(7, rows, inn);
    const product = tf.sub(tf.tensor2d(summed(linear, pair)), linear.weight.variable);
    const expected = tf.addN([
      tf.matMul(x, linear.weight.variable, false, true),
      tf.matMul(everySecond.apply(x, 0.5), product, false, true),
      tf.broadcastTo(linear.bias?.variable ?? tf.zeros([out]), [rows, out]),
    ]);
    expectClose(linear.apply(x, everySecond), expected);
  });

  it('is off without a source', () => {
    const x = variable(7, 3, inn);
    linear.setPair(pairWith({ dropout: 0.5 }));
    const masked = linear.apply(x).arraySync();
    linear.setPair(pairWith({}));
    expect(masked).toEqual(linear.apply(x).arraySync());
  });
});

describe('a weight that is turned round', () => {
  class Turned extends AdaptableLayer {}

  it('is read, assigned and folded into as [out, in]', async () => {
    const layer = new Turned('turned', parameter('turned.weight', 8, inn, out), null, 'in-out');
    expect([layer.outFeatures, layer.inFeatures]).toEqual([out, inn]);
    const values = await layer.readWeight();
    expect(values[1]).toBe((layer.weight.variable.arraySync() as number[][])[1]?.[0]);
    const pair = pairWith({ scale: 3 });
    const product = tf.matMul(pair.a, tf.mul(3, tf.mul(pair.diagonal?.expandDims(1) ?? 1, pair.b)));
    const expected = tf.add(tf.tensor2d(values, [out, inn]), product);
    layer.setPair(pair);
    layer.foldPair();
    expectClose(tf.tensor2d(await layer.readWeight(), [out, inn]), expected);
    layer.assignWeight(values);
    expect(await layer.readWeight()).toEqual(values);
  });
});

describe('setPair', () => {
  it.each([
    [
      { a: [out, 3] },
      `layer: pair must be a [${out}, r] and b [r, ${inn}]; got a [${out}, 3] and b [2, ${inn}]`,
    ],
    [{ diagonal: [3] }, "layer: the pair's diagonal must be [2]; got [3]"],
    [{ diagonal: [rank, 1] }, "layer: the pair's diagonal must be [2]; got [2, 1]"],
    [{ scale: NaN }, "layer: the pair's scale must be finite; got NaN"],
    [{ dropout: 1 }, "layer: the pair's dropout must lie in [0, 1); got 1"],
  ])(
    'refuses %j',
    (wrong: { a?: number[]; diagonal?: number[]; scale?: number; dropout?: number }, message) => {
      const { scale, dropout } = wrong;
      const pair: LowRankPair = {
        a: variable(4, ...(wrong.a ?? [out, rank])),
        b: variable(5, rank, inn),
        diagonal: variable(6, ...(wrong.diagonal ?? [rank])),
        ...(scale === undefined ? {} : { scale }),
        ...(dropout === undefined ? {} : { dropout }),
      };
      expect(() => {
        linear.setPair(pair);
      }).toThrow(message);
      expect(linear.pair).toBeNull();
    },
  );

  it('lists the variables that a pair has', () => {
    const pair = pairWith({});
    expect(pairVariables(pair)).toEqual([pair.a, pair.b, pair.diagonal]);
    expect(pairVariables(pairWith({}, false))).toHaveLength(2);
    expect(pairVariables(null)).toEqual([]);
  });
});
