/**
 * What each saving of arithmetic is worth on its own: a training step of a RoBERTa-base shape, compiled, with it and without.
 *
 *   node bench/step/savings.mjs [--layers 4] [--batch 32] [--seq 64] [--rounds 5]      after a build
 *
 * One thread; processor time of the process, medians of alternating rounds. Prints Markdown.
 */
import { parseArgs } from 'node:util';
import { Linear } from '@ggm-peft/adapters';
import { createRoberta, parseRobertaConfig } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import { taskLoss } from '@ggm-peft/training';
import * as tf from '@tensorflow/tfjs';

const { values } = parseArgs({
  options: {
    layers: { type: 'string', default: '4' },
    batch: { type: 'string', default: '32' },
    seq: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
  },
});
const [layers, batch, length, rounds] = ['layers', 'batch', 'seq', 'rounds'].map((name) =>
  Number(values[name]),
);
const hidden = 768;
const engine = await startEngine('onnx', { threads: 1 });
const model = createRoberta(
  parseRobertaConfig({
    model_type: 'roberta',
    vocab_size: 1000,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: 12,
    intermediate_size: 4 * hidden,
    max_position_embeddings: 514,
  }),
  { outputs: 2 },
);
const sites = model.layers.filter(({ name }) => /\.self\.(query|key|value)$/.test(name));
for (const [i, site] of sites.entries()) {
  const draw = (shape) =>
    tf.tidy(() => tf.variable(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', i + 1), 0.05)));
  site.setPair({ a: draw([hidden, 10]), b: draw([10, hidden]) });
}
const variables = [
  ...model.parameters.map(({ variable }) => variable),
  ...sites.flatMap(({ pair }) => [pair.a, pair.b]),
];
const from = (layer) => sites.slice(3 * layer).flatMap(({ pair }) => [pair.a, pair.b]);

/** W and A B one after the other, as Linear computes few rows. */
function composed(x) {
  const rows = x.as2D(x.size / this.inFeatures, this.inFeatures);
  let y = tf.matMul(rows, this.weight.variable, false, true);
  if (this.pair !== null) {
    const projected = tf.matMul(rows, this.pair.b, false, true);
    y = tf.add(y, tf.matMul(projected, this.pair.a, false, true));
  }
  return tf.add(y, this.bias.variable).reshape([...x.shape.slice(0, -1), this.outFeatures]);
}

const apply = Linear.prototype.apply;
/** A training step; the prototype's methods are only looked at while it is traced, in its first run. */
function step({ logits = (inputs) => model.logits(inputs, null), trained = from(0), linear = apply } = {}) {
  return engine.compile(
    ({ labels, ...inputs }) => {
      Linear.prototype.apply = linear;
      try {
        const { value, grads } = tf.variableGrads(
          () => taskLoss('classification', logits(inputs), labels),
          trained,
        );
        return { loss: value, ...grads };
      } finally {
        Linear.prototype.apply = apply;
      }
    },
    { variables },
  );
}

const shape = [batch, length];
const inputs = {
  inputIds: tf.fill(shape, 7, 'int32'),
  attentionMask: tf.ones(shape, 'int32'),
  positionIds: tf.fill(shape, 5, 'int32'),
  labels: tf.zeros([batch]),
};
const all = step();
const comparisons = {
  'the last layer for the first token alone': [
    all,
    step({ logits: (given) => model.forward(given, null).logits }),
  ],
  'W + A B as one weight': [all, step({ linear: composed })],
  [`nothing trained below layer ${layers / 2} (of ${layers})`]: [step({ trained: from(layers / 2) }), all],
};

async function seconds(compiled) {
  const began = process.cpuUsage();
  tf.dispose(await compiled.run(inputs));
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
const median = (list) => list.toSorted((x, y) => x - y)[list.length >> 1];

console.log(
  `\`node bench/step/savings.mjs ${process.argv.slice(2).join(' ')}\`, ${new Date().toISOString().slice(0, 10)}: ${layers} layers of ${hidden}, batch ${batch} × ${length}, ` +
    `rank 10 on query, key and value; ${engine.description}; processor time, medians of ${rounds} alternating rounds.\n`,
);
console.log('| saving | with | without | ratio |\n| --- | --- | --- | --- |');
for (const [name, [withIt, without]] of Object.entries(comparisons)) {
  const times = { with: [], without: [] };
  for (let round = 0; round < rounds + 2; round++) {
    times.with.push(await seconds(withIt));
    times.without.push(await seconds(without));
  }
  const [a, b] = [median(times.with.slice(2)), median(times.without.slice(2))];
  console.log(`| ${name} | ${a.toFixed(2)} s | ${b.toFixed(2)} s | ${(a / b).toFixed(2)} |`);
}
await engine.dispose();
