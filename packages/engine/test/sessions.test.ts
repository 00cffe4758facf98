/**
 * ONNX Runtime's sessions: no more than are kept for a step, and none once the step or its engine is gone.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession } from 'onnxruntime-node';
import type { CompiledStep, Engine } from '../src/engine.js';
import { startEngine } from '../src/start-engine.js';

/** As many as tfjs-onnx keeps for one step. */
const kept = 16;

let engine: Engine;
let made = 0;
let live = 0;
let most = 0;

beforeEach(async () => {
  engine = await startEngine('onnx');
  [made, live, most] = [0, 0, 0];
  const create = InferenceSession.create.bind(InferenceSession) as (
    model: Uint8Array,
    options?: InferenceSession.SessionOptions,
  ) => Promise<InferenceSession>;
  jest
    .spyOn(InferenceSession, 'create')
    .mockImplementation(async (model: Uint8Array, options?: InferenceSession.SessionOptions) => {
      const session = await create(model, options);
      const release = session.release.bind(session);
      made++;
      most = Math.max(most, ++live);
      session.release = async () => {
        live--;
        await release();
      };
      return session;
    });
});

afterEach(async () => {
  await engine.dispose();
  jest.restoreAllMocks();
});

const doubling = (): CompiledStep =>
  engine.compile(({ x }) => {
    if (x === undefined) throw new Error('x is missing');
    return { y: tf.mul(x, 2) };
  });

async function runAt(step: CompiledStep, length: number): Promise<void> {
  const x = tf.ones([length]);
  const outputs = await step.run({ x });
  tf.dispose([x, outputs]);
}

describe('sessions', () => {
  it('are made once for a shape, and are no more than are kept', async () => {
    const step = doubling();
    for (let round = 0; round < 2; round++) {
      for (let length = 1; length <= kept; length++) await runAt(step, length);
    }
    expect(made).toBe(kept);
    for (let length = 1; length <= 3 * kept; length++) await runAt(step, length);
    // The new one is there before the least recent is released
    expect(most).toBeLessThanOrEqual(kept + 1);
    expect(live).toBe(kept);
    await step.dispose();
    expect(live).toBe(0);
  });

  it('go with their engine', async () => {
    for (const step of [doubling(), doubling()]) await runAt(step, 3);
    expect(live).toBe(2);
    await engine.dispose();
    expect(live).toBe(0);
  });
});
