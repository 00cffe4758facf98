/**
 * What weights in float16 need besides themselves: forward and backward through twelve products, the weights frozen, on
 * ONNX Runtime's cpu provider (on others, memory is not the process's). Linux only: it reads /proc.
 *
 *   node bench/tfjs-onnx/float16.mjs [width = 2048]
 *
 * Prints for weights in float32 and in float16 the bytes that are fed, the most memory that a run needs above what there
 * was before it, and the median time of a run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compile } from '../../packages/tfjs-onnx/dist/index.js';

const require = createRequire(new URL('../../packages/tfjs-onnx/package.json', import.meta.url));
const tf = require('@tensorflow/tfjs');

const layers = 12;
const runs = 7;
const [width = '2048', type] = process.argv.slice(2);

/** Resident memory, and the most of it since the mark, in MB. */
const mark = () => writeFileSync('/proc/self/clear_refs', '5');
const most = () => (Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024) / 1e6;
const resident = () =>
  (Number(/VmRSS:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024) / 1e6;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(n, float16) {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const weights = Array.from({ length: layers }, (_, i) =>
    tf.variable(tf.randomNormal([n, n], 0, 1 / Math.sqrt(n), 'float32', i + 1), false, `w${i}`),
  );
  const bias = tf.variable(tf.zeros([n]), true, 'bias');
  const step = compile(
    ({ x }) => {
      const loss = () => {
        const y = weights.reduce((rows, w) => tf.tanh(tf.matMul(rows, w)), tf.add(x, bias));
        return tf.sum(tf.square(y)).asScalar();
      };
      const { value, grads } = tf.variableGrads(loss, [bias]);
      return { loss: value, gradient: grads.bias };
    },
    { variables: [...weights, bias], float16: float16 ? weights : [], threads: 1, keepMemory: false },
  );
  const x = tf.randomNormal([4, n], 0, 1, 'float32', layers + 1);
  tf.dispose(await step.run({ x }));
  const [needed, times] = [[], []];
  for (let i = 0; i < runs; i++) {
    mark();
    const before = resident();
    const started = performance.now();
    tf.dispose(await step.run({ x }));
    times.push(performance.now() - started);
    needed.push(most() - before);
  }
  await step.dispose();
  const fed = (layers * n * n * (float16 ? 2 : 4)) / 1e6;
  console.log(
    `${float16 ? 'float16' : 'float32'}: ${fed.toFixed(0)} MB fed, ${Math.max(...needed).toFixed(0)} MB needed ` +
      `besides, ${median(times).toFixed(0)} ms`,
  );
}

if (type === undefined) {
  // A process each: what one leaves behind would serve the other
  for (const each of ['float32', 'float16'])
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), width, each], { stdio: 'inherit' });
} else {
  await measure(Number(width), type === 'float16');
}
