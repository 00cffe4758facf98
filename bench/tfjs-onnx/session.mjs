/**
 * What the first run with new shapes costs: tracing the function, writing the model, making ONNX Runtime's session, by
 * its level of graph optimisation; and a run of the session so made. A training step (loss and gradients, dropout on, all
 * but the embeddings training) or a forward pass of a RoBERTa encoder with heads of 64.
 *
 *   node bench/tfjs-onnx/session.mjs [step|forward] [layers = 12] [width = 768] [batch = 4] [length = 32] [rounds = 7]
 *
 * After a build; one thread.
 *
 * Medians in milliseconds of processor time, which other processes disturb little; levels alternating.
 */
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { createRoberta, parseRobertaConfig } from '@ggm-peft/encoders';
import * as tf from '@tensorflow/tfjs';

import { writeModel } from '../../packages/tfjs-onnx/dist/onnx/model.js';
import { streamKey } from '../../packages/tfjs-onnx/dist/streams/stream.js';
import { traceFunction } from '../../packages/tfjs-onnx/dist/trace/trace-function.js';

const what = process.argv[2] ?? 'step';
if (what !== 'step' && what !== 'forward') throw new Error(`session: say step or forward; got ${what}`);
const [layers, width, batch, length, rounds] = [12, 768, 4, 32, 7].map((standard, i) =>
  Number(process.argv[i + 3] ?? standard),
);
const require = createRequire(new URL('../../packages/tfjs-onnx/package.json', import.meta.url));
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const ort = require('onnxruntime-node');
tf.enableProdMode();
await tf.setBackend('cpu');
await tf.ready();

const config = parseRobertaConfig({
  model_type: 'roberta',
  vocab_size: 300,
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: width / 64,
  intermediate_size: 4 * width,
  max_position_embeddings: length + 2,
});
const model = createRoberta(config, { outputs: 2, seed: 1 });
const all = model.parameters.map(({ variable }) => variable);
const trained = model.parameters
  .filter(({ name }) => !name.includes('embeddings.'))
  .map(({ variable }) => variable);
const forward = ({ inputIds, attentionMask, positionIds }) => ({
  logits: model.logits({ inputIds, attentionMask, positionIds }, null),
});
const step = ({ labels, ...tokens }, { dropout }) => {
  const loss = () =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 2), model.logits(tokens, dropout)).asScalar();
  const { value, grads } = tf.variableGrads(loss, trained);
  return { loss: value, ...grads };
};
const traceable = what === 'forward' ? forward : step;
const integers = (shape, value) => tf.fill(shape, value, 'int32');
const inputs = {
  inputIds: integers([batch, length], 7),
  attentionMask: integers([batch, length], 1),
  positionIds: integers([batch, length], 2),
  labels: integers([batch], 1),
};
const streams = { dropout: { seed: 1 } };

const times = {};
const runs = {};
async function timed(name, work, list = times) {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  (list[name] ??= []).push((user + system) / 1000);
  return result;
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const tensor = async (given, type) =>
  new ort.Tensor(
    type,
    type === 'int32' ? Int32Array.from(await given.data()) : await given.data(),
    given.shape,
  );

async function feedsOf(traced, written) {
  const feeds = {};
  const put = (name, value) => {
    if (written.fed.has(name)) feeds[`fed:${name}`] = value;
  };
  for (const [name, input] of traced.fed.inputs) put(name, await tensor(inputs[input], inputs[input].dtype));
  for (const [name, variable] of traced.fed.variables) put(name, await tensor(variable, 'float32'));
  for (const [name, captured] of traced.fed.captured) put(name, await tensor(captured, captured.dtype));
  for (const [name, { stream, index, request }] of traced.fed.streams)
    put(name, new ort.Tensor(request.type, request.draw(streamKey(stream, 1, 0, index)), request.shape));
  for (const [name, { type, shape, source }] of written.fedConstants)
    feeds[name] = new ort.Tensor(type, source.data, [...shape]);
  return feeds;
}

let written;
const levels = ['disabled', 'basic', 'extended', 'all'];
for (let round = 0; round < rounds; round++) {
  const traced = await timed('trace', () =>
    traceFunction(traceable, inputs, all, streams, { inBlocks: true }),
  );
  written = await timed('write', () => writeModel(traced.outputs, 65536));
  const feeds = await feedsOf(traced, written);
  for (const level of levels) {
    const session = await timed(`create, ${level}`, () =>
      ort.InferenceSession.create(written.bytes, {
        graphOptimizationLevel: level,
        logSeverityLevel: 3,
        intraOpNumThreads: 1,
        enableMemPattern: false,
        enableCpuMemArena: true,
      }),
    );
    await session.run(feeds);
    await timed(level, () => session.run(feeds), runs);
    await session.release();
  }
}
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'} × ${availableParallelism()}, Node ${process.versions.node}`,
);
console.log(
  `${what}, ${layers} layers of ${width}, batch ${batch} × ${length}: ${written.nodeCount} nodes, ${written.bytes.length} bytes`,
);
console.log(`first trace ${times.trace[0].toFixed(0)}, first model ${times.write[0].toFixed(0)}`);
for (const [name, list] of Object.entries(times))
  console.log(`${name.padEnd(20)}${median(list).toFixed(0).padStart(6)}`);
for (const [name, list] of Object.entries(runs))
  console.log(`run, ${name}`.padEnd(20) + median(list).toFixed(0).padStart(6));
process.exit(0);
