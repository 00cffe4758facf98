/**
 * What compile promises besides numbers: sessions by shape, variables read anew, clear refusals, tfjs left as it was.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  compile,
  loadOnnxRuntime,
  type CompiledFunction,
  type NamedTensors,
  type Traceable,
} from '../src/index.js';
import { get } from './contract/case.js';
import { difference } from './difference.js';

const opened: CompiledFunction[] = [];

/** Compiles and remembers to dispose. */
function compiled(fn: Traceable<never>, options: Parameters<typeof compile>[1] = {}): CompiledFunction {
  const made = compile(fn, { threads: 1, ...options });
  opened.push(made);
  return made;
}

const x = (): tf.Tensor =>
  tf.tensor2d([
    [1, -2],
    [3, 0.5],
  ]);

async function values(tensors: NamedTensors, name: string): Promise<number[]> {
  return Array.from(await get(tensors, name).data<'float32'>());
}

beforeEach(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fn) => fn.dispose()));
  tf.disposeVariables();
  expect(tf.getBackend()).toBe('cpu');
});

describe('compile', () => {
  it('gives outputs that are inputs, variables and constants too', async () => {
    const w = tf.variable(tf.tensor1d([4, 5]), true, 'w');
    const fn = compiled((inputs) => ({ a: get(inputs, 'x'), w, c: tf.scalar(3), again: get(inputs, 'x') }), {
      variables: [w],
    });
    const outputs = await fn.run({ x: x() });
    expect(await values(outputs, 'a')).toEqual([1, -2, 3, 0.5]);
    expect(await values(outputs, 'again')).toEqual([1, -2, 3, 0.5]);
    expect(await values(outputs, 'w')).toEqual([4, 5]);
    expect(await values(outputs, 'c')).toEqual([3]);
  });

  it('takes tensors from outside as constants, small and large', async () => {
    const small = tf.tensor1d([10, 20]);
    const fn = compiled(
      (inputs) => ({ y: tf.add(tf.add(get(inputs, 'x'), small), tf.tensor2d([1, 2, 3, 4], [2, 2])) }),
      { largestConstant: 8 },
    );
    expect(await values(await fn.run({ x: x() }), 'y')).toEqual([12, 20, 16, 24.5]);
  });

  it('reads variables at each run', async () => {
    const w = tf.variable(tf.scalar(2), true, 'w');
    const fn = compiled((inputs) => ({ y: tf.mul(get(inputs, 'x'), w) }), { variables: [w] });
    expect(await values(await fn.run({ x: x() }), 'y')).toEqual([2, -4, 6, 1]);
    w.assign(tf.scalar(-1));
    expect(await values(await fn.run({ x: x() }), 'y')).toEqual([-1, 2, -3, -0.5]);
    expect(fn.sessions).toBe(1);
  });

  it('reads a variable that has not changed once', async () => {
    const w = tf.variable(tf.scalar(2), true, 'w');
    const read = jest.spyOn(w, 'data');
    const fn = compiled((inputs) => ({ y: tf.mul(get(inputs, 'x'), w) }), { variables: [w] });
    await fn.run({ x: x() });
    await fn.run({ x: tf.ones([5]) });
    expect(read).toHaveBeenCalledTimes(1);
    w.assign(tf.scalar(3));
    await fn.run({ x: x() });
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('traces once for each set of shapes and dtypes, and keeps as many sessions as it may', async () => {
    const traced: string[] = [];
    const fn = compiled(
      (inputs) => {
        const a = get(inputs, 'a');
        traced.push(`${a.dtype}[${a.shape.join()}]`);
        return { y: tf.sum(a) };
      },
      { sessions: 2 },
    );
    const run = async (shape: number[], dtype: 'float32' | 'int32' = 'float32'): Promise<void> => {
      const outputs = await fn.run({ a: tf.ones(shape, dtype) });
      expect(await values(outputs, 'y')).toEqual([tf.util.sizeFromShape(shape)]);
    };
    await run([2]);
    await run([3]);
    await run([2]);
    await run([3], 'int32'); // [3] is the least recently used
    await run([2]);
    expect(fn.sessions).toBe(2);
    await run([3]);
    expect(traced).toEqual(['float32[2]', 'float32[3]', 'int32[3]', 'float32[3]']);
    expect(fn.runs).toBe(6);
  });

  it('runs concurrently, with one trace for one shape, even where sessions are few', async () => {
    let traces = 0;
    const fn = compiled(
      (inputs) => {
        traces++;
        return { y: tf.sum(get(inputs, 'a')) };
      },
      { sessions: 1 },
    );
    const sizes = [1, 2, 3, 1, 2, 3];
    const sums = await Promise.all(
      sizes.map(async (size) => values(await fn.run({ a: tf.ones([size]) }), 'y')),
    );
    expect(sums.flat()).toEqual(sizes);
    expect(traces).toBeLessThanOrEqual(sizes.length);
    expect(fn.sessions).toBe(1);
  });

  it('nests gradients', async () => {
    const cube = (v: tf.Tensor): tf.Tensor => tf.mul(v, tf.square(v));
    const second = tf.grad((v: tf.Tensor) => tf.sum(tf.grad(cube)(v)));
    const fn = compiled((inputs) => ({ y: second(get(inputs, 'x')) }));
    expect(await values(await fn.run({ x: x() }), 'y')).toEqual([6, -12, 18, 3]);
  });

  it('keeps expm1 and log1p accurate near zero', async () => {
    const tiny = [1e-8, -1e-6, 1e-4, 0];
    const fn = compiled((inputs) => ({
      e: tf.expm1(get(inputs, 'x')),
      l: tf.log1p(get(inputs, 'x')),
    }));
    const outputs = await fn.run({ x: tf.tensor1d(tiny) });
    const relative = (found: readonly number[], f: (t: number) => number): number =>
      Math.max(
        ...tiny.map((t, i) => (t === 0 ? Math.abs(found[i] ?? NaN) : Math.abs((found[i] ?? NaN) / f(t) - 1))),
      );
    expect(relative(await values(outputs, 'e'), Math.expm1)).toBeLessThan(1e-6);
    expect(relative(await values(outputs, 'l'), Math.log1p)).toBeLessThan(1e-6);
  });

  it('adds up segments that repeat, on two threads', async () => {
    const rows = 20_000;
    const fn = compiled(
      (inputs) => ({ y: tf.unsortedSegmentSum(get(inputs, 'a'), tf.zeros([rows], 'int32'), 20) }),
      { threads: 2 },
    );
    for (let i = 0; i < 5; i++) {
      const outputs = await fn.run({ a: tf.ones([rows, 8]) });
      expect((await values(outputs, 'y')).slice(0, 9)).toEqual([...Array.from({ length: 8 }, () => rows), 0]);
    }
  });

  it('leaves no tensors behind but the outputs', async () => {
    const w = tf.variable(tf.ones([2, 2]), true, 'w');
    const fn = compiled(
      (inputs) => {
        const { value, grads } = tf.variableGrads(
          () => tf.sum(tf.tanh(tf.matMul(get(inputs, 'x'), w))).asScalar(),
          [w],
        );
        return { loss: value, ...grads };
      },
      { variables: [w] },
    );
    const input = x();
    const before = tf.memory().numTensors;
    const outputs = await fn.run({ x: input });
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose(outputs);
  });

  it('runs with inputs and variables that live on another backend than the current one', async () => {
    const { default: wasm } = await import('@tensorflow/tfjs-backend-wasm');
    expect(wasm).toBeDefined();
    await tf.setBackend('wasm');
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const input = x();
    await tf.setBackend('cpu');
    const fn = compiled((inputs) => ({ y: tf.mul(get(inputs, 'x'), w) }), { variables: [w] });
    expect(await values(await fn.run({ x: input }), 'y')).toEqual([1, -4, 3, 1]);
    tf.dispose([input, w]);
  });
});

describe('the memory of a run', () => {
  it('is kept by sessions that compute little, or as told', async () => {
    const { InferenceSession } = await loadOnnxRuntime();
    const create = jest.spyOn(InferenceSession, 'create');
    const small: Traceable<never> = (inputs) => ({ y: tf.exp(get(inputs, 'x')) });
    const large: Traceable<never> = (inputs) => ({
      y: tf.sum(tf.exp(tf.matMul(get(inputs, 'x'), tf.ones([2, 40_000_000])))), // of [2, 40,000,000]
    });
    const kept: unknown[] = [];
    for (const [fn, options] of [
      [small, {}],
      [small, { keepMemory: false }],
      [large, {}],
      [large, { keepMemory: true }],
    ] as const) {
      create.mockRejectedValueOnce(new Error('only looked at'));
      await expect(compiled(fn, options).run({ x: x() })).rejects.toThrow('only looked at');
      kept.push((create.mock.lastCall?.at(-1) as { enableCpuMemArena?: unknown }).enableCpuMemArena);
    }
    expect(kept).toEqual([true, false, false, true]);
    create.mockRestore();
  });
});

describe('compile refuses', () => {
  const refused: readonly (readonly [string, Traceable<never>, RegExp])[] = [
    [
      'values read',
      (inputs) => ({ y: tf.scalar(tf.exp(get(inputs, 'x')).dataSync()[0] ?? 0) }),
      /reads the values of a tensor made by tf\.exp/,
    ],
    [
      'values read without waiting',
      (inputs) => {
        void tf.relu(get(inputs, 'x')).data();
        return inputs;
      },
      /reads the values of a tensor made by tf\.relu/,
    ],
    [
      'values read and the error swallowed',
      (inputs) => {
        try {
          get(inputs, 'x').arraySync();
        } catch {
          // As some code does
        }
        return inputs;
      },
      /reads the values of a tensor made by input x/,
    ],
    [
      'dropout',
      (inputs) => ({ y: tf.dropout(get(inputs, 'x'), 0.5) }),
      /tf\.dropout draws .* options\.streams/,
    ],
    [
      'random tensors',
      (inputs) => ({ y: tf.add(get(inputs, 'x'), tf.randomNormal([2, 2])) }),
      /tf\.randomNormal draws/,
    ],
    ['truncated normals', () => ({ y: tf.truncatedNormal([2]) }), /tf\.truncatedNormal draws/],
    ['multinomials', () => ({ y: tf.multinomial([0.3, 0.7], 3) }), /multinomial/i],
    [
      'kernels it has not',
      (inputs) => ({
        y: tf.image.resizeBilinear(tf.reshape<tf.Rank.R3>(get(inputs, 'x'), [2, 2, 1]), [3, 3]),
      }),
      /kernel ResizeBilinear, which tf\.resizeBilinear calls/,
    ],
    ['promises', (() => Promise.resolve({})) as unknown as Traceable<never>, /synchronously; got a promise/],
    [
      'other outputs',
      (() => ({ y: 3 })) as unknown as Traceable<never>,
      /output y must be a tensor; got number/,
    ],
    [
      'new variables',
      (inputs) => ({ y: tf.variable(get(inputs, 'x'), true, 'fresh') }),
      /variable fresh is made inside/,
    ],
    [
      'strings',
      (inputs) => ({ y: get(inputs, 'x'), z: tf.tensor(['a']) }),
      /must be float32, int32 or bool; got string/,
    ],
  ];

  it.each(refused)('%s', async (_, fn, message) => {
    const made = compiled(fn);
    await expect(made.run({ x: x() })).rejects.toThrow(message);
    expect(tf.getBackend()).toBe('cpu');
    // Nothing of the failed trace is left: tfjs works, and so does another function
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
    const other = compiled((inputs) => ({ y: tf.neg(get(inputs, 'x')) }));
    expect(await values(await other.run({ x: x() }), 'y')).toEqual([-1, 2, -3, -0.5]);
    expect(Object.keys(tf.engine().registeredVariables)).toEqual([]);
  });

  it('variables that were not declared, by name', async () => {
    const w = tf.variable(tf.scalar(1), true, 'forgotten');
    const made = compiled((inputs) => ({ y: tf.mul(get(inputs, 'x'), w) }));
    await expect(made.run({ x: x() })).rejects.toThrow(
      /variable forgotten is used .*tf\.mul.* options\.variables/,
    );
  });

  it('an assignment, and the variable keeps its value', async () => {
    const w = tf.variable(tf.scalar(7), true, 'w');
    const made = compiled(
      (inputs) => {
        w.assign(tf.sum(get(inputs, 'x')));
        return { w };
      },
      { variables: [w] },
    );
    await expect(made.run({ x: x() })).rejects.toThrow(/variable w is assigned inside/);
    expect(w.dataSync()[0]).toBe(7);
    w.assign(tf.scalar(8));
    expect(w.dataSync()[0]).toBe(8);
  });

  it('a symbolic tensor that got out', async () => {
    let kept = tf.scalar(0);
    const made = compiled((inputs) => {
      kept = tf.keep(tf.sum(get(inputs, 'x')));
      return { y: kept };
    });
    await made.run({ x: x() });
    expect(() => kept.dataSync()).toThrow(/after the function had returned/);
  });

  it('an input dtype that it has not', async () => {
    const made = compiled((inputs) => inputs);
    await expect(made.run({ x: tf.complex(1, 2) })).rejects.toThrow(/got complex64/);
  });

  it('wrong options', () => {
    const fn: Traceable<never> = (inputs) => inputs;
    expect(() => compile(fn, { variable: [] } as object)).toThrow(
      /unknown option variable; did you mean variables/,
    );
    expect(() => compile(fn, { sessions: 0 })).toThrow(/sessions must be an integer of at least 1; got 0/);
    expect(() => compile(fn, { threads: 1.5 })).toThrow(/threads must be an integer/);
    expect(() => compile(fn, { keepMemory: 1 } as object)).toThrow(/keepMemory must be true or false; got 1/);
    expect(() => compile((inputs) => inputs, { streams: { a: { seed: -1 } } })).toThrow(
      /seed of stream a .*got -1/,
    );
  });

  it('a provider that ONNX Runtime has not', async () => {
    const made = compiled((inputs) => inputs, { providers: ['none-such'] });
    await expect(made.run({ x: x() })).rejects.toThrow(/none-such/);
  });

  it('to run after dispose', async () => {
    const made = compiled((inputs) => inputs);
    const first = made.run({ x: x() });
    await first;
    await made.dispose();
    expect(made.sessions).toBe(0);
    await expect(made.run({ x: x() })).rejects.toThrow(/disposed/);
  });
});

describe('difference', () => {
  it('sees what differs', () => {
    expect(difference([1, 2], [1, 2])).toBe(0);
    expect(difference([1, 2.2], [1, 2])).toBeCloseTo(0.1);
    expect(difference([NaN], [NaN])).toBe(0);
    expect(difference([NaN], [1])).toBe(Infinity);
    expect(difference([Infinity], [-Infinity])).toBe(Infinity);
    expect(difference([1], [1, 2])).toBe(Infinity);
  });
});
