/** How fast an engine multiplies: the product of a training step, forward and both gradients. */
import { checkKnownKeys } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { CompiledStep, Engine, NamedTensors } from './engine.js';

export interface MeasureOptions {
  /** How long to measure, in seconds; default 2. At least one product is measured, however long that takes. */
  readonly seconds?: number;
}

export interface Measurement {
  /** Floating-point operations a second, in 10⁹: the median of the products measured. */
  readonly gflops: number;
  /** Products measured: forward and gradients count as one. */
  readonly products: number;
  /** Rows of x. */
  readonly rows: number;
}

/** Columns of x and of the weight: the hidden size of RoBERTa-base. */
const width = 768;

/** Rows of the first, smallest product; they double until a product is long enough to be timed, or as large as a batch. */
const fewestRows = 16;
const mostRows = 4096;

/** What a product must take to be timed well, as a share of the time there is. */
const longEnough = 1 / 40;

/** Forward x·w and, of the same size, the gradients dy·wᵀ and xᵀ·dy; a multiplication and an addition each. */
const operations = (rows: number): number => 3 * 2 * rows * width * width;

function product({ x, w, dy }: NamedTensors): NamedTensors {
  if (x === undefined || w === undefined || dy === undefined) throw new Error('measureEngine: no inputs');
  const { value, grads } = tf.valueAndGrads((...factors: tf.Tensor[]) => {
    const [left = x, right = w] = factors;
    return tf.matMul(left, right);
  })([x, w], dy);
  const [dx = x, dw = w] = grads;
  return { y: value, dx, dw };
}

/** Seconds of one product, until one element of each result is there. */
async function timeOnce(engine: Engine, step: CompiledStep, inputs: NamedTensors): Promise<number> {
  const started = performance.now();
  const outputs = await step.run(inputs);
  const corners = tf.tidy(() => Object.values(outputs).map((output) => tf.slice(output, [0, 0], [1, 1])));
  for (const corner of corners) await engine.read(corner);
  const spent = (performance.now() - started) / 1000;
  tf.dispose([outputs, corners]);
  return spent;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Values in [-1, 1) that no engine can take a short cut with, the same every time. */
const filled = (rows: number): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: rows * width }, (_, i) => ((i * 7919) % 2048) / 1024 - 1),
    [rows, width],
  );

/**
 * Multiplies [rows, 768] by [768, 768] with both gradients, again and again.
 * @param engine a started engine
 */
export async function measureEngine(engine: Engine, options: MeasureOptions = {}): Promise<Measurement> {
  checkKnownKeys('measureEngine', options, ['seconds']);
  const { seconds = 2 } = options;
  if (!(seconds > 0)) throw new Error(`measureEngine: seconds must be positive; got ${seconds}`);
  const step = engine.compile(product);
  const w = filled(width);
  const until = performance.now() + seconds * 1000;
  try {
    for (let rows = fewestRows; ; rows *= 2) {
      const x = filled(rows);
      const dy = filled(rows);
      try {
        const inputs = { x, w, dy };
        // The first of a shape compiles
        const first = await timeOnce(engine, step, inputs);
        const times = performance.now() < until ? [await timeOnce(engine, step, inputs)] : [first];
        const enough = median(times) >= seconds * longEnough || rows >= mostRows;
        if (!enough && performance.now() < until) continue;
        while (performance.now() < until) times.push(await timeOnce(engine, step, inputs));
        return { gflops: operations(rows) / median(times) / 1e9, products: times.length, rows };
      } finally {
        tf.dispose([x, dy]);
      }
    }
  } finally {
    w.dispose();
    await step.dispose();
  }
}
