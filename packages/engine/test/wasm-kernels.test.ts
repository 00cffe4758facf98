/** What the replaced kernels of the wasm engine do beyond what every engine does. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../src/engine.js';
import { startEngine } from '../src/start-engine.js';
import { planSum } from '../src/wasm/sum-axes.js';

describe('the wasm engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine('wasm', { threads: 1 });
  });
  afterAll(() => engine.dispose());

  it('clones without copying, and frees the data with the last clone', () => {
    const backend = tf.backend();
    const before = backend.numDataIds();
    const x = tf.ones([2, 3]);
    const clones = [x.clone(), x.clone()];
    expect(clones.map(({ dataId }) => dataId === x.dataId)).toEqual([true, true]);
    expect([backend.numDataIds(), backend.refCount(x.dataId)]).toEqual([before + 1, 3]);
    tf.dispose([x, clones]);
    expect(backend.numDataIds()).toBe(before);
  });

  it('clones strings', () => {
    const words = tf.tensor1d(['a', 'b']);
    const clone = words.clone();
    words.dispose();
    expect(clone.dataSync()).toEqual(['a', 'b']);
    clone.dispose();
  });

  it('takes a tensor and its clone to another backend and back', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const clone = x.clone();
    await tf.setBackend('cpu');
    expect([...tf.tidy(() => tf.neg(x).dataSync())]).toEqual([-1, -2, -3]);
    await tf.setBackend('wasm');
    x.dispose();
    expect([...tf.tidy(() => tf.add(clone, 1).dataSync())]).toEqual([2, 3, 4]);
    clone.dispose();
  });

  it.each([-1, 3])('names an index out of range (%s) and leaves nothing behind', (index) => {
    const [x, indices] = [tf.zeros([3, 2]), tf.tensor1d([0, index], 'int32')];
    const before = tf.backend().numDataIds();
    expect(() => tf.gather(x, indices)).toThrow(`GatherV2: indices must be in 0..2; got ${index}`);
    expect(tf.backend().numDataIds()).toBe(before);
    tf.dispose([x, indices]);
  });

  it('gathers booleans, and from tables without columns', () => {
    const [bools, empty] = tf.tidy(() => {
      const indices = tf.tensor1d([1, 0, 1], 'int32');
      const table = tf.tensor2d([true, false, false, true, true, true], [2, 3], 'bool');
      return [tf.gather(table, indices), tf.gather(tf.zeros([2, 0]), indices)] as const;
    });
    expect([bools.dtype, ...bools.dataSync()]).toEqual(['bool', 1, 1, 1, 1, 0, 0, 1, 1, 1]);
    expect(empty.shape).toEqual([3, 0]);
    tf.dispose([bools, empty]);
  });

  it('gathers where the result makes the heap grow', () => {
    const table = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const indices = tf.tidy(() => tf.cast(tf.mod(tf.range(0, 9_000_000), 2), 'int32'));
    const gathered = tf.gather(table, indices);
    const ends = tf.tidy(() => [
      ...tf.slice(gathered, 0, 2).dataSync(),
      ...tf.slice(gathered, 8_999_998, 2).dataSync(),
    ]);
    expect(ends).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    tf.dispose([table, indices, gathered]);
  });

  it('leaves the exponential of integers to tfjs', () => {
    const ints = tf.tensor1d([0, 1, -1], 'int32');
    const original = tf.tidy(() => {
      const exp = tf.exp(ints);
      return { dtype: exp.dtype, data: [...exp.dataSync()] };
    });
    expect(original.dtype).toBe('float32');
    expect(original.data[1]).toBeCloseTo(Math.E, 5);
    ints.dispose();
  });
});

describe('planSum', () => {
  it.each([
    { shape: [6, 5], axes: [0], plan: { outer: 1, reduced: 6, inner: 5, outShape: [5] } },
    { shape: [2, 3, 4, 5], axes: [1, -2], plan: { outer: 2, reduced: 12, inner: 5, outShape: [2, 5] } },
    { shape: [3, 1, 4], axes: [0, 1], plan: { outer: 1, reduced: 3, inner: 4, outShape: [4] } },
    { shape: [2, 1, 3, 1, 4], axes: [2], plan: { outer: 2, reduced: 3, inner: 4, outShape: [2, 1, 1, 4] } },
    // Left to tfjs
    { shape: [6, 5], axes: [1], plan: undefined },
    { shape: [6, 5], axes: [0, 1], plan: undefined },
    { shape: [2, 3, 4], axes: [0, 2], plan: undefined },
    { shape: [2, 3, 4, 5], axes: [0, 2], plan: undefined },
    { shape: [1, 5], axes: [0], plan: undefined },
    { shape: [0, 5], axes: [0], plan: undefined },
    { shape: [5, 0], axes: [0], plan: undefined },
    { shape: [4, 1], axes: [0], plan: undefined },
    { shape: [], axes: [], plan: undefined },
  ])('$shape over $axes', ({ shape, axes, plan }) => {
    expect(planSum(shape, axes, false)).toEqual(plan);
  });

  it('keeps dimensions', () => {
    expect(planSum([2, 3, 4], [1], true)?.outShape).toEqual([2, 1, 4]);
  });
});
