/**
 * One fine-tuning step of a RoBERTa-shaped encoder on an engine, for bench/step/run.mjs: the arithmetic of torch_step.py.
 *
 * Options as torch_step.py's, and --engine. Prints one JSON line: seconds of each step after two warm-up steps, peak
 * resident memory in MiB.
 */
import { parseArgs } from 'node:util';
import { createRoberta, parseRobertaConfig } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import { adamW, compileForward, compileTrainingStep } from '@ggm-peft/training';
import * as tf from '@tensorflow/tfjs';

const names = [
  'method',
  'engine',
  'layers',
  'hidden',
  'batch',
  'seq',
  'rank',
  'kept',
  'from-layer',
  'steps',
  'threads',
  'vocab',
];
const { values } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});
const number = (name) => Number(values[name]);
const [layers, hidden, batch, length] = ['layers', 'hidden', 'batch', 'seq'].map(number);
const { method } = values;
const warmUp = 2;

const engine = await startEngine(values.engine, { threads: number('threads') });
const model = createRoberta(
  parseRobertaConfig({
    model_type: 'roberta',
    vocab_size: number('vocab'),
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 64,
    intermediate_size: 4 * hidden,
    max_position_embeddings: 514,
  }),
  { outputs: 2 },
);

/** How many components each query, key, value site carries, in order. */
function ranks() {
  const sites = 3 * layers;
  if (method === 'components') return new Array(sites).fill(number('rank'));
  if (method === 'lora') return Array.from({ length: sites }, (_, i) => (i % 3 === 1 ? 0 : 8));
  const found = new Array(sites).fill(0);
  if (method === 'selected') {
    const first = 3 * number('from-layer');
    for (let node = 0; node < number('kept'); node++) found[first + (node % (sites - first))]++;
  }
  return found;
}

const trainables = [];
const attached = model.layers.filter(({ name }) => /\.self\.(query|key|value)$/.test(name));
for (const [i, rank] of ranks().entries()) {
  if (rank === 0) continue;
  const draw = (shape) =>
    tf.tidy(() => tf.variable(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', i + 1), 0.05)));
  const pair = { a: draw([hidden, rank]), b: draw([rank, hidden]) };
  attached[i].setPair(pair);
  trainables.push({ name: `${attached[i].name}.a`, variable: pair.a, role: 'encoder' });
  trainables.push({ name: `${attached[i].name}.b`, variable: pair.b, role: 'encoder' });
}
const linearBiases = new Set(model.layers.flatMap(({ bias }) => (bias === null ? [] : [bias.name])));
for (const parameter of model.parameters) {
  const trains =
    parameter.role === 'head' ||
    method === 'full' ||
    (method === 'components' && linearBiases.has(parameter.name));
  if (trains) trainables.push(parameter);
}

const shape = [batch, length];
const ids = Int32Array.from({ length: batch * length }, (_, i) => 3 + ((i * 7919) % (number('vocab') - 3)));
const inputs = {
  inputIds: tf.tensor(ids, shape, 'int32'),
  attentionMask: tf.ones(shape, 'int32'),
  positionIds: tf.tensor(
    ids.map((_, i) => 2 + (i % length)),
    shape,
    'int32',
  ),
  labels: tf.tensor1d(Float32Array.from({ length: batch }, (_, i) => i % 2)),
};
const training = method !== 'forward';
const step = training
  ? compileTrainingStep(engine, model, trainables, 'classification', null)
  : compileForward(engine, model);
const optimiser = adamW(engine, trainables, { weightDecay: 0.01, maxNorm: 0 });
const seconds = [];
for (let i = 0; i < warmUp + number('steps'); i++) {
  const began = performance.now();
  const outputs = await step.run(inputs);
  if (training) {
    const gradients = new Map(trainables.map(({ name }) => [name, outputs[`gradient ${name}`]]));
    optimiser.step(gradients, { encoder: 1e-4, head: 1e-4 });
  } else await outputs.logits.data();
  tf.dispose(outputs);
  seconds.push((performance.now() - began) / 1e3);
}
console.log(
  JSON.stringify({
    seconds: seconds.slice(warmUp),
    peakMiB: process.resourceUsage().maxRSS / 1024,
    trained: training ? trainables.reduce((sum, { variable }) => sum + variable.size, 0) : 0,
    engine: engine.description,
  }),
);
await step.dispose();
await engine.dispose();
