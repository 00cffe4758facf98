/**
 * What every engine must do, run on each one that works on this machine.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { eagerStreams } from '@ggm-peft/tfjs-onnx';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Engine } from '../src/engine.js';
import { probeEngines, startEngine } from '../src/start-engine.js';
import { erf } from './erf.js';
import { largestDifference, plainProduct, values } from './product.js';
import { smallBatch, smallGradients, smallStreams, smallWeights } from './small-transformer.js';

/** A few units in the last place of sums of some dozens of terms of size 1. */
const tolerance = 2e-5;

const transpositions = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const gradientsBy = async (engine: Engine): Promise<Record<string, Float32Array>> => {
  const weights = smallWeights();
  const examples = smallBatch();
  const step = engine.compile(
    (inputs, { dropout }) => {
      const { ids, mask, labels } = inputs;
      if (ids === undefined || mask === undefined || labels === undefined)
        throw new Error('inputs are missing');
      return smallGradients(weights, { ids, mask, labels }, dropout);
    },
    { streams: smallStreams },
  );
  const outputs = await step.run({ ...examples }, { draw: 0 });
  const read = Object.fromEntries(
    await Promise.all(
      Object.entries(outputs).map(async ([name, x]) => [name, await engine.read(x)] as const),
    ),
  );
  tf.dispose([weights, { ...examples }, outputs]);
  await step.dispose();
  return read;
};

const reports = await probeEngines();
const cpu = await startEngine('cpu');
const expectedGradients = await gradientsBy(cpu);
await cpu.dispose();

for (const report of reports) {
  const suite = report.works ? describe : describe.skip;
  suite(`${report.name} (${report.reason})`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startEngine(report.name);
    });
    afterAll(() => engine.dispose());

    const evaluate = async (fn: () => tf.Tensor): Promise<{ shape: number[]; data: Float32Array }> => {
      const step = engine.compile(() => ({ y: fn() }));
      const { y } = await step.run({});
      if (y === undefined) throw new Error('y is missing');
      const result = { shape: y.shape, data: await engine.read(y) };
      y.dispose();
      await step.dispose();
      return result;
    };

    it.each(transpositions)('multiplies matrices (transposed: %s, %s)', async (transposeA, transposeB) => {
      for (const [rows, depth, columns] of [
        [1, 1, 1],
        [3, 5, 7],
        [17, 33, 9],
        [64, 48, 100],
      ] as const) {
        const shape = { rows, depth, columns, transposeA, transposeB };
        const a = values(rows * depth, 1);
        const b = values(depth * columns, 2);
        const y = await evaluate(() =>
          tf.matMul(
            tf.tensor2d(a, transposeA ? [depth, rows] : [rows, depth]),
            tf.tensor2d(b, transposeB ? [columns, depth] : [depth, columns]),
            transposeA,
            transposeB,
          ),
        );
        expect(y.shape).toEqual([rows, columns]);
        expect(largestDifference(y.data, plainProduct(a, b, shape))).toBeLessThan(tolerance);
      }
    });

    it.each(transpositions)(
      'multiplies batches, broadcast or not (transposed: %s, %s)',
      async (transposeA, transposeB) => {
        const [rows, depth, columns] = [4, 6, 5] as const;
        const shape = { rows, depth, columns, transposeA, transposeB };
        const cases = [
          {
            aBatch: [3],
            bBatch: [3],
            pairs: [
              [0, 0],
              [1, 1],
              [2, 2],
            ],
          },
          {
            aBatch: [3],
            bBatch: [1],
            pairs: [
              [0, 0],
              [1, 0],
              [2, 0],
            ],
          },
          {
            aBatch: [1],
            bBatch: [2],
            pairs: [
              [0, 0],
              [0, 1],
            ],
          },
          {
            aBatch: [2, 2],
            bBatch: [2],
            pairs: [
              [0, 0],
              [1, 1],
              [2, 0],
              [3, 1],
            ],
          },
        ] as const;
        for (const { aBatch, bBatch, pairs } of cases) {
          const size = (batch: readonly number[]): number => batch.reduce((product, x) => product * x, 1);
          const a = values(size(aBatch) * rows * depth, 3);
          const b = values(size(bBatch) * depth * columns, 4);
          const y = await evaluate(() =>
            tf.matMul(
              tf.tensor(a, [...aBatch, ...(transposeA ? [depth, rows] : [rows, depth])]),
              tf.tensor(b, [...bBatch, ...(transposeB ? [columns, depth] : [depth, columns])]),
              transposeA,
              transposeB,
            ),
          );
          const expected = pairs.flatMap(([i, j]) =>
            plainProduct(a.subarray(i * rows * depth), b.subarray(j * depth * columns), shape),
          );
          expect(y.data.length).toBe(expected.length);
          expect(largestDifference(y.data, expected)).toBeLessThan(tolerance);
        }
      },
    );

    it('multiplies matrices without rows, columns, depth or batch', async () => {
      for (const [aShape, bShape, out] of [
        [
          [0, 3],
          [3, 2],
          [0, 2],
        ],
        [
          [2, 3],
          [3, 0],
          [2, 0],
        ],
        [
          [2, 0],
          [0, 3],
          [2, 3],
        ],
        [
          [0, 2, 3],
          [0, 3, 2],
          [0, 2, 2],
        ],
      ] as const) {
        const y = await evaluate(() => tf.matMul(tf.zeros([...aShape]), tf.zeros([...bShape])));
        expect(y.shape).toEqual(out);
        expect([...y.data]).toEqual(new Array<number>(y.data.length).fill(0));
      }
    });

    it('multiplies matrices of integers', async () => {
      const y = await evaluate(() =>
        tf.matMul(
          tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'),
          tf.tensor2d([5, 6, -7, 8], [2, 2], 'int32'),
          true,
          false,
        ),
      );
      expect([...y.data]).toEqual([-16, 30, -18, 44]);
    });

    it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid'] as const)(
      'fuses a bias and %s into a product',
      async (activation) => {
        const fused = await evaluate(() =>
          tf.fused.matMul({
            a: tf.tensor2d(values(20, 5), [4, 5]),
            b: tf.tensor2d(values(15, 6), [3, 5]),
            transposeB: true,
            bias: tf.tensor1d([-1, 0, 7]),
            activation,
          }),
        );
        const apart = plainProduct(values(20, 5), values(15, 6), {
          rows: 4,
          depth: 5,
          columns: 3,
          transposeA: false,
          transposeB: true,
        });
        const functions = {
          linear: (x: number) => x,
          relu: (x: number) => Math.max(0, x),
          relu6: (x: number) => Math.min(6, Math.max(0, x)),
          elu: (x: number) => (x > 0 ? x : Math.expm1(x)),
          sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
        };
        const expected = apart.map((x, i) => functions[activation](x + ([-1, 0, 7][i % 3] ?? NaN)));
        expect(largestDifference(fused.data, expected)).toBeLessThan(tolerance);
      },
    );

    it('sums the gradient of a gather over equal ids', async () => {
      const dy = values(12, 7);
      const y = await evaluate(() => {
        const ids = tf.tensor1d([3, 0, 3, 1], 'int32');
        return tf.grad((x) => tf.sum(tf.mul(tf.gather(x, ids), tf.tensor2d(dy, [4, 3]))))(tf.zeros([5, 3]));
      });
      const at = (row: number): number[] => [...dy.subarray(3 * row, 3 * row + 3)];
      const summed = at(0).map((x, i) => x + (at(2)[i] ?? NaN));
      expect(y.shape).toEqual([5, 3]);
      expect(largestDifference(y.data, [...at(1), ...at(3), 0, 0, 0, ...summed, 0, 0, 0])).toBeLessThan(1e-6);
    });

    // tfjs's cpu kernel takes 2,000 passes over the rows for this, some seconds; one pass is milliseconds
    it('sums rows by segment in one pass, dropping ids out of range', async () => {
      const [rows, segments] = [2000, 2000];
      const x = tf.tensor2d(
        Array.from({ length: rows * 64 }, (_, i) => (i % 64) + 1),
        [rows, 64],
      );
      const ids = tf.tensor1d(
        Array.from({ length: rows }, (_, i) => (i % 4 === 0 ? -1 : i % segments)),
        'int32',
      );
      const sums = tf.unsortedSegmentSum(x, ids, segments);
      const values = await sums.data();
      expect(values.length).toBe(segments * 64);
      for (const [segment, column] of [
        [0, 5],
        [1, 5],
        [1999, 63],
      ] as const) {
        expect(values[segment * 64 + column]).toBe(segment % 4 === 0 ? 0 : column + 1);
      }
      tf.dispose([x, ids, sums]);
    });

    it('has softmax, and erf as tabulated', async () => {
      const softmax = await evaluate(() => tf.softmax(tf.tensor2d([1, 2, 3, 1000, 1000, -1000], [2, 3])));
      const total = Math.exp(-2) + Math.exp(-1) + 1;
      const expected = [Math.exp(-2) / total, Math.exp(-1) / total, 1 / total, 0.5, 0.5, 0];
      expect(largestDifference(softmax.data, expected)).toBeLessThan(1e-6);
      // Abramowitz and Stegun, table 7.1
      const erf = await evaluate(() => tf.erf(tf.tensor1d([0, 0.5, 1, -1, 2, -5])));
      expect(
        largestDifference(erf.data, [0, 0.5204998778, 0.8427007929, -0.8427007929, 0.995322265, -1]),
      ).toBeLessThan(1e-6);
    });

    it('keeps a clone’s values after its original is gone, and the other way round', async () => {
      const before = tf.memory();
      const original = tf.tensor2d(values(6, 8), [2, 3]);
      const clone = original.clone();
      const second = clone.clone();
      original.dispose();
      expect(await engine.read(clone)).toEqual(values(6, 8));
      clone.dispose();
      // Would take the place of data that was freed too early
      const other = tf.fill([2, 3], 7);
      expect(await engine.read(second)).toEqual(values(6, 8));
      second.dispose();
      expect([...(await engine.read(other))]).toEqual([7, 7, 7, 7, 7, 7]);
      other.dispose();
      const after = tf.memory();
      expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    });

    it('assigns clones to a variable and a variable’s clones to others', async () => {
      const before = tf.memory();
      const zeros = tf.zeros([3]);
      const variable = tf.variable(zeros);
      zeros.dispose();
      const saved = variable.clone();
      const next = tf.tensor1d([1, 2, 3]);
      const nextClone = next.clone();
      variable.assign(nextClone);
      tf.dispose([next, nextClone]);
      expect([...(await engine.read(variable))]).toEqual([1, 2, 3]);
      expect([...(await engine.read(saved))]).toEqual([0, 0, 0]);
      const start = variable.clone();
      const twin = tf.variable(start);
      const twice = tf.mul(variable, 2);
      variable.assign(twice);
      tf.dispose([start, twice]);
      expect([...(await engine.read(twin))]).toEqual([1, 2, 3]);
      const end = variable.clone();
      twin.assign(end);
      tf.dispose([variable, end]);
      expect([...(await engine.read(twin))]).toEqual([2, 4, 6]);
      tf.dispose([twin, saved]);
      const after = tf.memory();
      expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    });

    it.each([
      { indices: [2, 0, 2], shape: [3], axis: 0 },
      { indices: [1], shape: [], axis: 0 },
      { indices: [0, 1, 2, 2, 1, 0], shape: [2, 3], axis: 0 },
      { indices: [0, 2], shape: [2], axis: -3 },
      { indices: [1, 0, 1], shape: [3], axis: 1 },
      { indices: [3, 0], shape: [2], axis: -1 },
      { indices: [], shape: [0], axis: 0 },
    ])('gathers $shape along axis $axis', async ({ indices, shape, axis }) => {
      const [sizes, data] = [[3, 2, 4] as const, values(24, 9)];
      const ids = (): tf.Tensor => tf.tensor(Int32Array.from(indices), shape, 'int32');
      const y = await evaluate(() => tf.gather(tf.tensor(data, [...sizes]), ids(), axis));
      const at = axis < 0 ? axis + 3 : axis;
      expect(y.shape).toEqual([...sizes.slice(0, at), ...shape, ...sizes.slice(at + 1)]);
      const inner = sizes.slice(at + 1).reduce((product, size) => product * size, 1);
      const outer = sizes.slice(0, at).reduce((product, size) => product * size, 1);
      const expected = Array.from({ length: outer }, (_, i) =>
        indices.map((index) => {
          const first = (i * (sizes[at] ?? 1) + index) * inner;
          return [...data.subarray(first, first + inner)];
        }),
      );
      expect([...y.data]).toEqual(expected.flat(2));
    });

    it('gathers integers, single numbers, and per example', async () => {
      const rows = await evaluate(() =>
        tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), tf.tensor1d([1, 1, 0], 'int32')),
      );
      expect([...rows.data]).toEqual([3, 4, 3, 4, 1, 2]);
      const numbers = await evaluate(() => tf.gather(tf.tensor1d([5, 6, 7]), tf.tensor1d([2, 0], 'int32')));
      expect([...numbers.data]).toEqual([7, 5]);
      const examples = await evaluate(() =>
        tf.gather(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1, 1),
      );
      expect([...examples.data]).toEqual([3, 1, 5, 5]);
    });

    it.each([
      { shape: [70, 21], axis: 0 },
      { shape: [5, 3, 6], axis: [0, 1] },
      { shape: [5, 3, 6], axis: 1 },
      { shape: [5, 3, 6], axis: [-2] },
      { shape: [5, 3, 6], axis: [0, 2] },
      { shape: [5, 3, 6], axis: 2 },
      { shape: [5, 3, 6], axis: [0, 1, 2] },
      { shape: [1, 4, 1, 3, 2], axis: [1, 3] },
      { shape: [4, 1, 3], axis: 1 },
      { shape: [2, 3, 4, 5], axis: [1, 2] },
    ])('sums $shape over axis $axis', async ({ shape, axis }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const data = values(size, 10);
      const reduced = new Set([axis].flat().map((one) => (one < 0 ? one + shape.length : one)));
      const kept = shape.filter((_, at) => !reduced.has(at));
      const expected = new Array<number>(kept.reduce((product, length) => product * length, 1)).fill(0);
      data.forEach((x, index) => {
        let [rest, stride, target] = [index, 1, 0];
        for (let at = shape.length - 1; at >= 0; at--) {
          const length = shape[at] ?? 1;
          if (!reduced.has(at)) {
            target += (rest % length) * stride;
            stride *= length;
          }
          rest = Math.floor(rest / length);
        }
        expected[target] = (expected[target] ?? 0) + x;
      });
      for (const keepDims of [false, true]) {
        const y = await evaluate(() => tf.sum(tf.tensor(data, shape), axis, keepDims));
        expect(y.shape).toEqual(keepDims ? shape.map((length, at) => (reduced.has(at) ? 1 : length)) : kept);
        expect(largestDifference(y.data, expected)).toBeLessThan(tolerance);
      }
    });

    it.each([1, 2, 7, 8, 13, 14, 60])('adds %s tensors up', async (count) => {
      const before = tf.memory();
      const addends = Array.from({ length: count }, (_, i) => tf.fill([2, 3], i + 1));
      const sum = tf.addN(addends);
      expect([...(await engine.read(sum))]).toEqual(new Array<number>(6).fill((count * (count + 1)) / 2));
      // The addends stay as they are
      expect([...(await engine.read(addends.at(-1) ?? sum))]).toEqual(new Array<number>(6).fill(count));
      tf.dispose([addends, sum]);
      const after = tf.memory();
      expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    });

    it('sums integers, booleans and nothing', async () => {
      const ints = await evaluate(() => tf.sum(tf.tensor2d([1, -2, 3, 4], [2, 2], 'int32'), 0));
      expect([...ints.data]).toEqual([4, 2]);
      const bools = await evaluate(() => tf.sum(tf.tensor2d([1, 0, 1, 1], [2, 2], 'bool'), 0));
      expect([...bools.data]).toEqual([2, 1]);
      const nothing = await evaluate(() => tf.sum(tf.zeros([2, 0]), 0));
      expect(nothing).toEqual({ shape: [0], data: new Float32Array(0) });
    });

    it.each([
      { name: 'exp', f: Math.exp, from: -20, to: 5 },
      { name: 'tanh', f: Math.tanh, from: -12, to: 12 },
      { name: 'erf', f: erf, from: -6, to: 6 },
    ] as const)('has $name', async ({ name, f, from, to }) => {
      // Not a multiple of 4 elements
      const x = Float32Array.from({ length: 1003 }, (_, i) => from + ((to - from) * i) / 1002);
      const y = await evaluate(() => tf[name](tf.tensor2d(x, [17, 59])));
      expect(y.shape).toEqual([17, 59]);
      const relative = [...y.data].map((value, i) => value / Math.max(1, f(x[i] ?? NaN)));
      const expected = [...x].map((value) => f(value) / Math.max(1, f(value)));
      expect(largestDifference(relative, expected)).toBeLessThan(1e-6);
    });

    it('finds the gradients of a small transformer that the cpu engine finds', async () => {
      const found = await gradientsBy(engine);
      expect(Object.keys(found).sort()).toEqual(Object.keys(expectedGradients).sort());
      for (const [name, expected] of Object.entries(expectedGradients)) {
        const scale = Math.max(...expected.map(Math.abs));
        expect(scale).toBeGreaterThan(0);
        expect(largestDifference(found[name] ?? [], expected) / scale).toBeLessThan(1e-5);
      }
    });

    it('finds the same twice, to the last bit', async () => {
      const [once, twice] = [await gradientsBy(engine), await gradientsBy(engine)];
      for (const [name, x] of Object.entries(once)) expect([...(twice[name] ?? [])]).toEqual([...x]);
    });

    it('leaves nothing behind: neither tensors nor data', async () => {
      await gradientsBy(engine);
      const before = tf.memory();
      for (let i = 0; i < 3; i++) await gradientsBy(engine);
      const after = tf.memory();
      expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    });

    it('runs a step whose outputs are the caller’s and whose inputs stay', async () => {
      const x = tf.tensor1d([1, 2]);
      const step = engine.compile(({ x: input }) => {
        if (input === undefined) throw new Error('x is missing');
        return { same: input, twice: tf.mul(input, 2) };
      });
      const { same, twice } = await step.run({ x });
      same?.dispose();
      expect([...(await engine.read(x))]).toEqual([1, 2]);
      expect(twice === undefined ? [] : [...(await engine.read(twice))]).toEqual([2, 4]);
      tf.dispose([x, twice ?? []]);
      await step.dispose();
      await expect(step.run({ x })).rejects.toThrow('run: this step was disposed of');
    });

    it('trains a variable that the caller assigns', async () => {
      const w = tf.variable<tf.Rank>(tf.scalar(5));
      const step = engine.compile(
        () => {
          const { value, grads } = tf.variableGrads(() => tf.square(tf.sub(w, 1)), [w]);
          const gradient = grads[w.name];
          if (gradient === undefined) throw new Error('no gradient');
          return { loss: value, next: tf.sub(w, tf.mul(gradient, 0.25)) };
        },
        { variables: [w] },
      );
      const losses: number[] = [];
      for (let i = 0; i < 4; i++) {
        const { loss, next } = await step.run({});
        if (loss === undefined || next === undefined) throw new Error('outputs are missing');
        losses.push(...(await engine.read(loss)));
        w.assign(next);
        tf.dispose([loss, next]);
      }
      expect(losses).toEqual([16, 4, 1, 0.25]);
      w.dispose();
      await step.dispose();
    });

    it('refuses a step that assigns a variable itself', async () => {
      const w = tf.variable(tf.scalar(5), true, `assigned on ${report.name}`);
      const step = engine.compile(
        () => {
          w.assign(tf.scalar(6));
          return { w };
        },
        { variables: [w] },
      );
      await expect(step.run({})).rejects.toThrow(
        `variable assigned on ${report.name}` +
          (engine.shapes === 'few' ? ' is assigned' : '; return its new'),
      );
      w.dispose();
      await step.dispose();
    });

    it('draws from streams: by seed and draw, the same forward and backward, as on the cpu engine', async () => {
      const x = tf.ones([40]);
      const streams = { dropout: { seed: 7 }, noise: { seed: 8 } };
      const step = engine.compile(
        ({ x: input }, { dropout, noise }) => {
          if (input === undefined) throw new Error('x is missing');
          const { value, grad } = tf.valueAndGrad((y: tf.Tensor) => tf.sum(dropout.apply(y, 0.4)))(input);
          return { value, grad, normal: noise.normal([8]) };
        },
        { streams },
      );
      const draws = async (options?: { draw: number }): Promise<number[][]> => {
        const outputs = await step.run({ x }, options);
        const read = await Promise.all(
          ['value', 'grad', 'normal'].map(async (name) => {
            const output = outputs[name];
            return output === undefined ? [] : [...(await engine.read(output))];
          }),
        );
        tf.dispose(outputs);
        return read;
      };
      const [first, second] = [await draws(), await draws()];
      expect(second).not.toEqual(first);
      expect(await draws({ draw: 0 })).toEqual(first);
      expect(await draws({ draw: 1 })).toEqual(second);
      const [[value = NaN] = [], gradient = [], normal = []] = first;
      expect(gradient.reduce((sum, kept) => sum + kept, 0)).toBeCloseTo(value, 3);
      expect(new Set(gradient).size).toBe(2);
      const expected = eagerStreams(streams, 0);
      const noise = expected.noise.normal([8]);
      const dropped = expected.dropout.apply(x, 0.4);
      expect([...(await engine.read(noise))]).toEqual(normal);
      expect([...(await engine.read(dropped))].map((kept) => kept > 0)).toEqual(
        gradient.map((kept) => kept > 0),
      );
      tf.dispose([noise, dropped]);
      await expect(step.run({ x }, { draw: -1 })).rejects.toThrow(
        'run: draw must be an integer of at least 0; got -1',
      );
      await step.dispose();
      x.dispose();
    });

    it('runs a step at several shapes, each with its own result', async () => {
      const step = engine.compile(({ x: input }) => {
        if (input === undefined) throw new Error('x is missing');
        return { sum: tf.sum(input) };
      });
      for (const length of [3, 5, 3, 7]) {
        const x = tf.ones([length]);
        const { sum } = await step.run({ x });
        expect(sum === undefined ? [] : [...(await engine.read(sum))]).toEqual([length]);
        tf.dispose([x, sum ?? []]);
      }
      await step.dispose();
    });

    it('checks the seeds of streams', () => {
      expect(() => engine.compile(() => ({}), { streams: { dropout: { seed: -1 } } })).toThrow(
        'compile: the seed of stream dropout must be an integer in 0..2^53-1; got -1',
      );
    });

    it('checks what a step returns', async () => {
      const fromJson = (json: string): tf.NamedTensorMap => {
        const parsed: Record<string, unknown> = JSON.parse(json) as Record<string, unknown>;
        return { loss: tf.scalar(1), ...(parsed as tf.NamedTensorMap) };
      };
      await expect(engine.compile(() => fromJson('{"two":2}')).run({})).rejects.toThrow(
        "run: the step's output two must be a tensor; got number",
      );
      await expect(engine.compile(() => ({})).run({})).rejects.toThrow(
        'run: the step must return at least one tensor; got none',
      );
    });

    it('reads integers and booleans as floats', async () => {
      const ints = tf.tensor1d([1, -2], 'int32');
      const bools = tf.tensor1d([true, false], 'bool');
      expect(await engine.read(ints)).toEqual(Float32Array.of(1, -2));
      expect(await engine.read(bools)).toEqual(Float32Array.of(1, 0));
      tf.dispose([ints, bools]);
    });
  });
}
