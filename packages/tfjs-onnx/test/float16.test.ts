/**
 * Weights in float16: the conversion agrees with ONNX Runtime's, nodes get casts of their own, functions give what they
 * give with rounded weights, on the cpu provider.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { Graph } from '../src/graph/graph.js';
import { compile, loadOnnxRuntime, type NamedTensors } from '../src/index.js';
import { writeModel } from '../src/onnx/model.js';
import { toFloat16 } from '../src/run/float16.js';
import { get } from './contract/case.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

/** ONNX Runtime's cast of float16 to float32. */
async function fromFloat16(bits: Uint16Array): Promise<Float32Array> {
  const { InferenceSession, Tensor } = await loadOnnxRuntime();
  const x = new Graph().fed('x', [bits.length], 'float32');
  const session = await InferenceSession.create(writeModel(new Map([['y', x]]), 0, new Set(['x'])).bytes);
  const { 'output:y': y } = await session.run({ 'fed:x': new Tensor('float16', bits, [bits.length]) });
  const data = y?.data;
  await session.release();
  if (!(data instanceof Float32Array)) throw new Error('no numbers');
  return data;
}

describe('toFloat16', () => {
  it('is as IEEE 754 has it, ties to even', () => {
    const cases = [
      [1, 0x3c00],
      [-2, 0xc000],
      [1 / 3, 0x3555],
      [-0, 0x8000],
      [65504, 0x7bff],
      [65519.996, 0x7bff],
      [65520, 0x7c00],
      [-1e30, 0xfc00],
      [Infinity, 0x7c00],
      // Halfway between 1 and the next; between the next and the one after it
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 - 2 ** -12, 0x4000],
      // The smallest of full precision, and below it
      [2 ** -14, 0x0400],
      [2 ** -14 - 2 ** -26, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [1.5 * 2 ** -24, 0x0002],
      [-(2 ** -149), 0x8000],
    ] as const;
    expect([...toFloat16(Float32Array.from(cases, ([x]) => x))]).toEqual(cases.map(([, bits]) => bits));
    const [nan = 0] = toFloat16(Float32Array.of(NaN));
    expect([nan & 0x7c00, (nan & 0x03ff) === 0]).toEqual([0x7c00, false]);
  });

  it('gives back every float16', async () => {
    const finite = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00,
    );
    expect(toFloat16(await fromFloat16(finite))).toEqual(finite);
  });

  it('takes the nearest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.float({ noNaN: true, min: -65504, max: 65504 }), async (x) => {
        const [bits = 0] = toFloat16(Float32Array.of(x));
        const around = Uint16Array.of(bits, bits + 1, Math.max(bits & 0x8000, bits - 1));
        const [chosen = NaN, ...others] = await fromFloat16(around);
        for (const other of others) expect(Math.abs(chosen - x)).toBeLessThanOrEqual(Math.abs(other - x));
      }),
      { numRuns: 50, seed: 20261124 },
    );
  });
});

describe('a model with weights in float16', () => {
  const graph = new Graph();
  const w = graph.fed('w', [1000, 4], 'float32');
  const x = graph.fed('x', [4, 1000], 'float32');
  const product = graph.op('MatMul', [x, w], [4, 4], 'float32');
  const gradient = graph.op('MatMul', [product, graph.transpose(w, [1, 0])], [4, 1000], 'float32');
  const outputs = new Map([['gradient', gradient]]);

  it('casts for each node that takes one', () => {
    const plain = writeModel(outputs, 1024);
    const halved = writeModel(outputs, 1024, new Set(['w']));
    // The product's and the transposition's
    expect(halved.nodeCount).toBe(plain.nodeCount + 2);
    expect(halved.computedBytes).toBe(plain.computedBytes + 2 * 4000 * 4);
    expect(writeModel(outputs, 1024, new Set(['none'])).bytes).toEqual(plain.bytes);
  });

  it('casts the rows that it gathers, not the table', () => {
    const ids = graph.fed('ids', [3], 'int32');
    const rows = new Map([['rows', graph.op('Gather', [w, ids], [3, 4], 'float32', { axis: 0 })]]);
    const plain = writeModel(rows, 1024);
    const halved = writeModel(rows, 1024, new Set(['w']));
    expect(halved.nodeCount).toBe(plain.nodeCount + 1);
    expect(halved.computedBytes).toBe(2 * plain.computedBytes);
  });
});

describe('compile with weights in float16', () => {
  const layers =
    (w: tf.Variable, table: tf.Variable, b: tf.Variable) =>
    ({ ids }: NamedTensors): NamedTensors => {
      if (ids === undefined) throw new Error('no ids');
      const loss = (): tf.Scalar => {
        const rows = tf.gather(table, ids);
        return tf
          .sum(tf.square(tf.add(tf.matMul(tf.tanh(tf.matMul(rows, w)), w, false, true), b)))
          .asScalar();
      };
      const { value, grads } = tf.variableGrads(loss, [b]);
      return { loss: value, gradient: get(grads, b.name) };
    };

  it('gives what the rounded weights give in float32, to its last digits', async () => {
    const w = tf.variable(tf.randomNormal([8, 8], 0, 0.3, 'float32', 1), true, 'w');
    const table = tf.variable(tf.randomNormal([100, 8], 0, 1, 'float32', 2), true, 'table');
    const b = tf.variable(tf.randomNormal([8], 0, 1, 'float32', 3), true, 'b');
    const fn = layers(w, table, b);
    const halved = compile(fn, { variables: [w, table, b], float16: [w, table], threads: 1 });
    const ids = tf.tensor1d([5, 99, 5], 'int32');
    const exact = fn({ ids });
    const actual = await halved.run({ ids });
    for (const variable of [w, table]) {
      const rounded = await fromFloat16(toFloat16(await variable.data<'float32'>()));
      variable.assign(tf.tensor(rounded, variable.shape));
    }
    const expected = fn({ ids });
    for (const name of ['loss', 'gradient']) {
      const [is, should, unrounded] = await Promise.all(
        [actual, expected, exact].map((outputs) => get(outputs, name).data<'float32'>()),
      );
      if (is === undefined || should === undefined || unrounded === undefined) throw new Error('no values');
      const scale = Math.max(...should.map(Math.abs));
      const furthest = (from: Float32Array): number =>
        Math.max(...is.map((value, i) => Math.abs(value - (from[i] ?? NaN)))) / scale;
      expect(furthest(should)).toBeLessThan(1e-6);
      expect(furthest(unrounded)).toBeGreaterThan(1e-6);
      expect(furthest(unrounded)).toBeLessThan(2 ** -8);
    }
    // Assigned, and so read anew
    const again = await halved.run({ ids });
    expect((await get(again, 'loss').data())[0]).toBe((await get(actual, 'loss').data())[0]);
    w.assign(tf.zeros([8, 8]));
    const zero = await halved.run({ ids });
    const squares = tf.sum(tf.square(b)).mul(3);
    expect((await get(zero, 'loss').data())[0]).toBeCloseTo((await squares.data())[0] ?? NaN, 4);
    await halved.dispose();
  });

  it('refuses values that float16 has not, and then takes others', async () => {
    const w = tf.variable(tf.tensor2d([[1, -70000]]), true, 'large');
    const fn = compile((inputs) => ({ y: tf.mul(get(inputs, 'x'), w) }), { variables: [w], float16: [w] });
    const x = tf.ones([1, 2]);
    await expect(fn.run({ x })).rejects.toThrow(
      'run: float16 holds values up to 65504; variable large has -70000, so leave it out of options.float16',
    );
    w.assign(tf.tensor2d([[1, -65504]]));
    expect([...(await get(await fn.run({ x }), 'y').data())]).toEqual([1, -65504]);
    await fn.dispose();
  });

  it('refuses what are no float32 variables of the function', () => {
    const w = tf.variable(tf.ones([2]), true, 'w');
    const ids = tf.variable(tf.zeros([2], 'int32'), false, 'ids');
    const fn = (inputs: NamedTensors): NamedTensors => inputs;
    expect(() => compile(fn, { float16: [w] })).toThrow(
      'compile: float16 must hold variables of options.variables; w is none of them',
    );
    expect(() => compile(fn, { variables: [ids], float16: [ids] })).toThrow(
      'compile: float16 must hold float32 variables; ids is int32',
    );
  });
});
