/**
 * A training step (loss and gradients, dropout on), compiled by @ggm-peft/tfjs-onnx against the same code run eagerly by
 * wasm: tfjs's own wasm backend ("plain"), or the one that @ggm-peft/engine starts, with its faster kernels ("engine").
 * Alternates the two in one process; prints medians, their ratio, and how much of a compiled run is spent outside of
 * ONNX Runtime.
 *
 *   node bench/tfjs-onnx/step.mjs [plain|engine] [threads = 1] [rounds = 15]      after a build
 *
 * Models: a perceptron of 256-512-512-10 at batch 64, and the small RoBERTa that the app brings along (4 layers of 128),
 * batch 16 x 32 and 32 x 64, all parameters but the embeddings trained (plain wasm has no gradient of gather).
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRoberta } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import { compile, eagerStreams } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';

const [, , kind = 'engine', threadsGiven = '1', roundsGiven = '15'] = process.argv;
const threads = Number(threadsGiven);
const rounds = Number(roundsGiven);
tf.enableProdMode();
if (kind === 'engine') await startEngine('wasm', { threads });
else {
  const require = createRequire(new URL('../../packages/tfjs-onnx/package.json', import.meta.url));
  require('@tensorflow/tfjs-backend-wasm').setThreadsCount(threads);
  await tf.setBackend('wasm');
}

// What a run spends in ONNX Runtime
const ort = createRequire(new URL('../../packages/tfjs-onnx/package.json', import.meta.url))(
  'onnxruntime-node',
);
let inside = 0;
const { run } = ort.InferenceSession.prototype;
ort.InferenceSession.prototype.run = async function (...args) {
  const start = performance.now();
  const results = await run.apply(this, args);
  inside += performance.now() - start;
  return results;
};

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function compare(title, step, variables, inputs) {
  const streams = { dropout: { seed: 1 } };
  const fn = compile((given, { dropout }) => step(given, dropout), { variables, streams, threads });
  const times = { compiled: [], eager: [], outside: [] };
  let draw = 0;
  const timed = async (name, go) => {
    inside = 0;
    const start = performance.now();
    const outputs = await go();
    const [loss] = await outputs.loss.data();
    const spent = performance.now() - start;
    times[name].push(spent);
    if (name === 'compiled') times.outside.push((spent - inside) / spent);
    tf.dispose(outputs);
    return loss;
  };
  let worst = 0;
  for (let round = 0; round < rounds + 2; round++) {
    const a = await timed('compiled', () => fn.run(inputs, { draw }));
    const b = await timed('eager', () => tf.tidy(() => step(inputs, eagerStreams(streams, draw).dropout)));
    worst = Math.max(worst, Math.abs(a / b - 1));
    draw++;
  }
  // Two rounds warm up
  const compiled = median(times.compiled.slice(2));
  const eager = median(times.eager.slice(2));
  console.log(
    `${title}: compiled ${compiled.toFixed(2)} ms, eager wasm ${eager.toFixed(2)} ms, ratio ${(compiled / eager).toFixed(3)}; outside of ONNX Runtime ${(100 * median(times.outside.slice(2))).toFixed(0)}%; first run ${times.compiled[0].toFixed(0)} ms; losses agree to ${worst.toExponential(1)}`,
  );
  await fn.dispose();
}

const variable = (shape) => tf.variable(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', 1), 0.05));
const layers = [
  [256, 512],
  [512, 512],
  [512, 10],
].map(([from, to]) => ({ weight: variable([from, to]), bias: variable([to]) }));
const perceptronVariables = layers.flatMap(({ weight, bias }) => [weight, bias]);
await compare(
  'perceptron, batch 64',
  ({ x, labels }, dropout) => {
    const { value, grads } = tf.variableGrads(() => {
      let hidden = x;
      for (const [i, { weight, bias }] of layers.entries()) {
        hidden = tf.add(tf.matMul(hidden, weight), bias);
        if (i < 2) hidden = dropout.apply(tf.relu(hidden), 0.1);
      }
      return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), hidden).asScalar();
    }, perceptronVariables);
    return { loss: value, ...grads };
  },
  perceptronVariables,
  { x: tf.randomNormal([64, 256]), labels: tf.randomUniform([64], 0, 10, 'int32') },
);

const folder = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../apps/finetune/assets/roberta-gutenberg-tiny',
);
const model = await loadRoberta(folder, { outputs: 2 });
const variables = model.parameters
  .filter(({ name }) => !name.includes('embeddings.'))
  .map((parameter) => parameter.variable);
const everything = model.parameters.map((parameter) => parameter.variable);
const robertaStep = ({ labels, ...tokens }, dropout) => {
  const { value, grads } = tf.variableGrads(
    () => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 2), model.logits(tokens, dropout)).asScalar(),
    variables,
  );
  return { loss: value, ...grads };
};
for (const [batch, length] of [
  [16, 32],
  [32, 64],
]) {
  const positionIds = Array.from({ length: batch * length }, (_, i) => (i % length) + 2);
  await compare(`small RoBERTa, batch ${batch} x ${length}`, robertaStep, everything, {
    inputIds: tf.randomUniform([batch, length], 10, 8000, 'int32'),
    attentionMask: tf.ones([batch, length], 'int32'),
    positionIds: tf.tensor(positionIds, [batch, length], 'int32'),
    labels: tf.randomUniform([batch], 0, 2, 'int32'),
  });
}
process.exit(0);
