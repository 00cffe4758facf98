/** @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs */
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors } from '../src/engine.js';
import { measureEngine } from '../src/measure.js';
import { startEngine } from '../src/start-engine.js';

/** The engine, with every run of a step watched. */
function watched(
  engine: Engine,
  onRun: (inputs: NamedTensors, outputs: NamedTensors, seconds: number) => Promise<void>,
): Engine {
  return {
    ...engine,
    compile: (step, options) => {
      const compiled = engine.compile(step, options);
      return {
        dispose: () => compiled.dispose(),
        run: async (inputs) => {
          const began = performance.now();
          const outputs = await compiled.run(inputs);
          await onRun(inputs, outputs, (performance.now() - began) / 1000);
          return outputs;
        },
      };
    },
  };
}

describe.each(['onnx', 'wasm', 'cpu'] as const)('measureEngine on %s', (name) => {
  it('takes about as long as it is given, counts what it did, and leaves nothing behind', async () => {
    const engine = await startEngine(name);
    const before = tf.memory().numTensors;
    const began = performance.now();
    const runs = new Map<number, number[]>();
    const counting = watched(engine, ({ x }, _, spent) => {
      const rows = x?.shape[0] ?? 0;
      runs.set(rows, [...(runs.get(rows) ?? []), spent]);
      return Promise.resolve();
    });
    const { gflops, products, rows } = await measureEngine(counting, { seconds: 0.5 });
    const seconds = (performance.now() - began) / 1000;
    // All but the first of a size are timed, unless the first took all the time there was
    const spent = runs.get(rows) ?? [];
    const timed = spent.slice(Math.min(1, spent.length - 1)).sort((a, b) => a - b);
    expect(products).toBe(timed.length);
    expect(Math.max(...runs.keys())).toBe(rows);
    // What was timed fits into the time that passed: the median is the middle of at least half of the products
    const work = 6 * rows * 768 * 768 * 1e-9;
    expect(((products / 2) * work) / gflops).toBeLessThan(seconds);
    // A product takes no less than the run that is part of it
    expect(work / gflops).toBeGreaterThanOrEqual(timed[Math.floor(timed.length / 2)] ?? Infinity);
    expect(gflops).toBeGreaterThan(0.001);
    expect(seconds).toBeGreaterThan(0.4);
    expect(tf.memory().numTensors).toBe(before);
    await engine.dispose();
  });
});

describe('measureEngine', () => {
  it('multiplies forward and computes both gradients', async () => {
    const engine = await startEngine('onnx');
    let compared = 0;
    const comparing = watched(engine, async ({ x, w, dy }, outputs) => {
      if (x === undefined || w === undefined || dy === undefined || compared > 0) return;
      const expected: Record<string, tf.Tensor> = tf.tidy(() => ({
        y: tf.matMul(x, w),
        dx: tf.matMul(dy, w, false, true),
        dw: tf.matMul(x, dy, true),
      }));
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, values] of Object.entries(expected)) {
        const found = outputs[key];
        if (found === undefined) continue;
        const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(values, found))));
        expect((await difference.data())[0]).toBeLessThan(1e-3);
        difference.dispose();
        compared++;
      }
      tf.dispose(expected);
    });
    await measureEngine(comparing, { seconds: 0.05 });
    expect(compared).toBe(3);
    await engine.dispose();
  });

  it('checks its options', async () => {
    const engine = await startEngine('cpu');
    await expect(measureEngine(engine, { seconds: 0 })).rejects.toThrow(
      'measureEngine: seconds must be positive; got 0',
    );
    const misspelt: object = { second: 1 };
    await expect(measureEngine(engine, misspelt)).rejects.toThrow('did you mean seconds?');
    await engine.dispose();
  });
});
