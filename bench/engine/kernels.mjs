/**
 * Kernels that the wasm engine replaces, besides products of matrices: tfjs-backend-wasm's own ("before") and the engine's
 * ("after"), one thread.
 *
 *   node bench/engine/kernels.mjs       needs a built packages/engine
 *
 * Milliseconds, the best of 40 runs: what else the machine does can only add to them.
 */
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';

const fromEngine = createRequire(new URL('../../packages/engine/package.json', import.meta.url));
const tf = fromEngine('@tensorflow/tfjs');
const { startEngine } = await import('../../packages/engine/dist/index.js');

function best(kernel) {
  const times = [];
  for (let i = 0; i < 40; i++) {
    const start = performance.now();
    kernel().dispose();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

function measure() {
  const hidden = tf.randomNormal([1536, 128], 0, 1, 'float32', 1);
  const inner = tf.randomNormal([1536, 512], 0, 1, 'float32', 2);
  const table = tf.randomNormal([8192, 128], 0, 1, 'float32', 3);
  const ids = tf.randomUniformInt([32, 48], 0, 8192, 4);
  const results = {
    'clone [1536, 512]': best(() => tf.clone(inner)),
    'gather [8192, 128] by [32, 48]': best(() => tf.gather(table, ids)),
    'sum [1536, 128] over axis 0': best(() => tf.sum(hidden, 0)),
    'sum [1536, 512] over axis 0': best(() => tf.sum(inner, 0)),
    'exp [1536, 512]': best(() => tf.exp(inner)),
    'erf [1536, 512]': best(() => tf.erf(inner)),
    'tanh [1536, 512]': best(() => tf.tanh(inner)),
  };
  tf.dispose([hidden, inner, table, ids]);
  return results;
}

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'} × ${availableParallelism()}, Node ${process.versions.node}`,
);
// Starting and stopping the engine once sets up tfjs's backend and leaves it with its own kernels
await (await startEngine('wasm', { threads: 1 })).dispose();
await tf.setBackend('wasm');
const before = measure();
await tf.setBackend('cpu');
const engine = await startEngine('wasm', { threads: 1 });
const after = measure();
await engine.dispose();
for (const [name, milliseconds] of Object.entries(before)) {
  console.log(
    `${name.padEnd(32)}${milliseconds.toFixed(2).padStart(8)}${after[name].toFixed(2).padStart(8)}`,
  );
}
