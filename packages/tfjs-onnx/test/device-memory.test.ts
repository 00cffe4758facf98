/**
 * On a device, weights travel once: what a run feeds from the host and what from the device's memory, who shares it, and
 * when it is freed. On ONNX Runtime's WebGPU, where it works (a software adapter will do), otherwise skipped.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { InferenceSession, OnnxValue, Tensor, TypedTensor } from 'onnxruntime-node';
import {
  compile,
  loadOnnxRuntime,
  type CompiledFunction,
  type CompileOptions,
  type NamedTensors,
  type Traceable,
} from '../src/index.js';
import { get } from './contract/case.js';
import { tryProvider, worked } from './try-provider.js';

const tried = tryProvider('webgpu');
const suite = worked(tried) ? describe : describe.skip;

const isTensor = (value: OnnxValue): value is Tensor => 'location' in value;

const opened: CompiledFunction[] = [];
/** Elements that sessions were fed from the host and that they found on the device, run by run; copying ones apart. */
let fed: { readonly host: number; readonly device: number }[];
let uploads: number[];
let sessions = 0;
let onDevice: Tensor[];

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

beforeEach(async () => {
  [fed, uploads, sessions, onDevice] = [[], [], 0, []];
  const { InferenceSession, Tensor } = await loadOnnxRuntime();
  const create: (model: Uint8Array, options?: InferenceSession.SessionOptions) => Promise<InferenceSession> =
    InferenceSession.create.bind(InferenceSession);
  jest
    .spyOn(InferenceSession, 'create')
    .mockImplementation(async (model: Uint8Array, options?: InferenceSession.SessionOptions) => {
      const session = await create(model, options);
      sessions++;
      const run: (feeds: InferenceSession.FeedsType) => Promise<InferenceSession.ReturnType> =
        session.run.bind(session);
      const release = session.release.bind(session);
      session.run = (feeds: InferenceSession.FeedsType) => {
        const tensors = Object.values(feeds).filter(isTensor);
        const count = (location: string): number =>
          tensors.reduce((sum, tensor) => sum + (tensor.location === location ? tensor.size : 0), 0);
        if (options?.preferredOutputLocation === undefined)
          fed.push({ host: count('cpu'), device: count('gpu-buffer') });
        else uploads.push(count('cpu'));
        return run(feeds);
      };
      session.release = async () => {
        sessions--;
        await release();
      };
      return session;
    });
  const fromGpuBuffer = Tensor.fromGpuBuffer.bind(Tensor) as (
    ...args: Parameters<typeof Tensor.fromGpuBuffer>
  ) => TypedTensor<Tensor.GpuBufferDataTypes>;
  jest.spyOn(Tensor, 'fromGpuBuffer').mockImplementation((...args) => {
    const tensor = fromGpuBuffer(...args);
    onDevice.push(tensor);
    return tensor;
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(opened.splice(0).map((fn) => fn.dispose()));
  expect({ sessions, kept: kept() }).toEqual({ sessions: 0, kept: 0 });
  tf.disposeVariables();
});

/** How many arrays are kept on the device. */
const kept = (): number =>
  new Set(onDevice.filter(({ location }) => location === 'gpu-buffer').map(({ gpuBuffer }) => gpuBuffer))
    .size;

function onWebgpu(fn: Traceable<never>, options: CompileOptions): CompiledFunction {
  const made = compile(fn, { providers: ['webgpu'], ...options });
  opened.push(made);
  return made;
}

/** The output y of a run on [rows, 8] ones. */
async function run(fn: CompiledFunction, rows = 2): Promise<number[]> {
  const x = tf.ones([rows, 8]);
  const { y } = await fn.run({ x });
  const values = y === undefined ? [] : Array.from(await y.data<'float32'>());
  tf.dispose([x, y ?? []]);
  return values;
}

const weight = (value: number): tf.Tensor => tf.fill([8, 3], value);
const product =
  (w: tf.Tensor, b?: tf.Tensor): Traceable<never> =>
  (inputs: NamedTensors) => {
    const y = tf.matMul(get(inputs, 'x'), w);
    return { y: b === undefined ? y : tf.add(y, b) };
  };

suite(`device memory (webgpu ${worked(tried) ? 'works' : `does not: ${tried.stdout.trim()}`})`, () => {
  it('takes a variable in its second run, once for all shapes', async () => {
    const w = tf.variable(weight(1), false, 'w');
    const fn = onWebgpu(product(w), { variables: [w] });
    for (const rows of [2, 2, 2, 5, 5]) expect(await run(fn, rows)).toEqual(Array(rows * 3).fill(8));
    expect(fed).toEqual([
      { host: 40, device: 0 },
      { host: 16, device: 24 },
      { host: 16, device: 24 },
      { host: 40, device: 24 },
      { host: 40, device: 24 },
    ]);
    expect(uploads).toEqual([24]);
  });

  it('is shared with other functions, from their first run', async () => {
    const w = tf.variable(weight(1), false, 'w');
    const fn = onWebgpu(product(w), { variables: [w] });
    await run(fn);
    await run(fn);
    const other = onWebgpu(({ x }) => ({ y: tf.sum(tf.matMul(x ?? w, w)) }), { variables: [w] });
    expect(await run(other)).toEqual([48]);
    expect(fed.at(-1)).toEqual({ host: 16, device: 24 });
    await fn.dispose();
    expect(kept()).toBe(1);
    expect(await run(other)).toEqual([48]);
    expect(uploads).toEqual([24]);
  });

  it('forgets values that were assigned over, and feeds those that change in every run from the host', async () => {
    const w = tf.variable(weight(1), true, 'w');
    const fn = onWebgpu(product(w), { variables: [w] });
    await run(fn);
    await run(fn);
    for (const value of [2, 3, 4]) {
      w.assign(weight(value));
      expect(await run(fn)).toEqual(Array(6).fill(8 * value));
    }
    expect(fed.slice(2)).toEqual(Array(3).fill({ host: 40, device: 0 }));
    expect(kept()).toBe(0);
    expect(await run(fn)).toEqual(Array(6).fill(32));
    expect(fed.at(-1)).toEqual({ host: 16, device: 24 });
  });

  it('keeps what a run needs until it has ended', async () => {
    const w = tf.variable(weight(1), true, 'w');
    const fn = onWebgpu(product(w), { variables: [w] });
    await run(fn);
    await run(fn);
    const first = run(fn);
    const second = run(fn);
    // Both have read w, or are about to
    await Promise.resolve();
    w.assign(weight(5));
    const third = run(fn);
    const disposed = fn.dispose();
    for (const values of [await first, await second]) expect([8, 40]).toContain(values[0]);
    expect(await third).toEqual(Array(6).fill(40));
    await disposed;
  });

  it('keeps captured tensors and large constants, as long as their session', async () => {
    const constant = tf.range(0, 24).reshape([8, 3]);
    const fn = onWebgpu(
      (inputs) => ({
        y: tf.matMul(get(inputs, 'x'), tf.add(tf.tensor(Array(24).fill(1), [8, 3]), constant)),
      }),
      { largestConstant: 16, sessions: 1 },
    );
    expect(await run(fn, 1)).toEqual([92, 100, 108]);
    expect(fed).toEqual([{ host: 8, device: 48 }]);
    expect(uploads.sort()).toEqual([24, 24]);
    await run(fn, 1);
    expect(uploads).toHaveLength(2);
    // Of the two sessions one stays
    await run(fn, 2);
    expect(uploads).toHaveLength(4);
    expect(kept()).toBe(2);
    constant.dispose();
  });

  it('takes integers, booleans and numbers too, and leaves empty tensors on the host', async () => {
    const variables = [
      tf.variable(tf.tensor1d([1, 2, 3], 'int32'), false, 'integers'),
      tf.variable(tf.tensor1d([true, false, true]), false, 'booleans'),
      tf.variable<tf.Rank>(tf.scalar(4), false, 'number'),
      tf.variable(tf.zeros([0, 3]), false, 'empty'),
    ] as const;
    const [integers, booleans, number, empty] = variables;
    const fn = onWebgpu(
      ({ x }) => {
        const rows = tf.where(booleans, tf.cast(integers, 'float32'), number);
        return { y: tf.concat([empty, tf.mul(rows, tf.sum(x ?? rows)).reshape([1, 3])]) };
      },
      { variables },
    );
    for (let i = 0; i < 3; i++) expect(await run(fn)).toEqual([16, 64, 48]);
    expect(fed.at(-1)).toEqual({ host: 16, device: 7 });
  });

  it('takes weights in float16 in the first run, or the device’s refusal names the providers', async () => {
    const w = tf.variable(weight(1 / 3), false, 'w');
    const fn = onWebgpu(product(w), { variables: [w], float16: [w] });
    const ran = await run(fn).catch((error: unknown) => error);
    if (ran instanceof Error) {
      expect(ran.message).toMatch(
        /^compile: the providers \["webgpu"\] cannot take weights in float16: .*does not support/,
      );
      expect(fed).toHaveLength(1);
    } else {
      expect(ran).toEqual(Array(6).fill(8 * 0.333251953125));
      expect(fed.at(-1)).toEqual({ host: 16, device: 24 });
    }
  });
});
