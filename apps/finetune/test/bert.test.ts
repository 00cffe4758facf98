/**
 * The program on a BERT: a small one with random weights and a vocabulary of the task's own words, from a folder as Hugging
 * Face writes it.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachMethod, countTrainables } from '@ggm-peft/adapters';
import { createEncoder, loadEncoder, loadTokenizer, parseEncoderConfig } from '@ggm-peft/encoders';
import { writeSafetensors } from '@ggm-peft/safetensors';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { embeddedData } from '../src/embedded.js';
import { TokenSource } from '../src/token-source.js';
import { cli } from './cli.js';

const hiddenSize = 32;
const layers = 2;
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
let folder: string;
let model: string;

/** The words of the training set that occur most often, and the letters. */
async function vocabulary(): Promise<string[]> {
  const text = (await readFile(join(embeddedData, 'train.tsv'), 'utf8')).toLowerCase();
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(/[a-z]{2,}/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, 200);
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  return [
    ...special,
    ...letters,
    ...letters.map((letter) => `##${letter}`),
    ...frequent.map(([word]) => word),
    ...Array.from('.,;:!?\'"'),
  ];
}

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-bert-'));
  model = join(folder, 'bert');
  await mkdir(model);
  const words = await vocabulary();
  const json = {
    model_type: 'bert',
    vocab_size: words.length,
    hidden_size: hiddenSize,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 64,
    initializer_range: 0.2,
  };
  await writeFile(join(model, 'config.json'), JSON.stringify(json));
  await writeFile(join(model, 'vocab.txt'), words.map((word) => `${word}\n`).join(''));
  const made = createEncoder(parseEncoderConfig(json), { outputs: 2, seed: 1 });
  const tensors = await Promise.all(
    made.parameters.map(async ({ name, variable }) => {
      const data = Float32Array.from(await variable.data());
      return [name, { dtype: 'F32', shape: variable.shape, data }] as const;
    }),
  );
  await writeSafetensors(join(model, 'model.safetensors'), tensors);
  made.dispose();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('finetune --model <a BERT>', () => {
  it.each([
    ['cpu', 'first'],
    ['onnx', 'first'],
    ['onnx', 'mean'],
  ])('trains on %s with pooling %s, and evaluates to what it reported', async (engine, pooling) => {
    const out = join(folder, `run-${engine}-${pooling}`);
    const size = ['--train-limit', '64', '--eval-limit', '48', '--batch-size', '8', '--max-length', '24'];
    const plan = ['--rank', '4', '--target-nodes', '10', '--important-nodes', '4', '--epochs', '3'];
    const trained = await cli([
      'finetune',
      ...['--model', model, '--engine', engine, '--threads', '1', '--out', out, '--json'],
      ...[...size, ...plan, '--pooling', pooling, '--lr', '5e-3', '--head-lr', '1e-2'],
    ]);
    expect([trained.code, trained.code === 0 ? '' : trained.stderr]).toEqual([0, '']);
    expect(trained.stderr).toContain('Model   bert: 2 layers, hidden size 32');
    const summary = JSON.parse(trained.stdout) as {
      metric: { last: number };
      trainable: { head: number };
      nodes: object;
    };
    // The pooler is the encoder's: the head is the classifier alone.
    expect(summary.trainable.head).toBe(2 * hiddenSize + 2);
    // Components of query, key, value, and the biases of every layer and of the pooler, which only the first token has.
    const biases = layers * 6 + (pooling === 'first' ? 1 : 0);
    expect(summary.nodes).toEqual({ total: layers * 3 * 4 + biases, selected: 10 });
    const losses = (await readFile(join(out, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .flatMap((line) => {
        const { loss } = JSON.parse(line) as { loss?: number };
        return loss === undefined ? [] : [loss];
      });
    expect(losses.length).toBeGreaterThan(0);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? NaN);
    const evaluated = await cli(['evaluate', '--run', out, '--json']);
    expect(evaluated.code).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ value: summary.metric.last });
    const exported = await cli(['export', '--run', out, '--to', 'peft', '--out', `${out}-peft`]);
    expect([exported.code, exported.stderr]).toEqual(
      pooling === 'first'
        ? [0, expect.anything()]
        : [2, expect.stringContaining("the run's head has --pooling mean. --to onnx can hold it")],
    );
  });
});

describe('a BERT', () => {
  it('takes adapters on query, key and value, which change nothing at first', async () => {
    const bert = await loadEncoder(model, { outputs: 2 });
    const ids = tf.tensor2d([[2, 40, 50, 3]], [1, 4], 'int32');
    const inputs = { inputIds: ids, attentionMask: tf.onesLike(ids), tokenTypeIds: tf.zerosLike(ids) };
    const before = Array.from(bert.logits(inputs, null).dataSync());
    const method = await attachMethod(bert, 'apca', { rank: 4, targetNodes: 10, importantNodes: 4 });
    const { head } = countTrainables(method.trainables());
    expect(head).toBe(2 * hiddenSize + 2);
    const adapted = bert.layers.filter(({ pair }) => pair !== null).map(({ name }) => name);
    expect(adapted).toEqual(
      [0, 1].flatMap((layer) =>
        ['query', 'key', 'value'].map((site) => `bert.encoder.layer.${layer}.attention.self.${site}`),
      ),
    );
    const after = Array.from(bert.logits(inputs, null).dataSync());
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] ?? NaN, 5);
    });
    bert.dispose();
  });

  it('is told the texts of a pair apart', async () => {
    const tokenizer = await loadTokenizer(model);
    const { config } = await loadEncoder(model, { outputs: 2 });
    const source = new TokenSource(
      [
        { text: 'the man', pair: 'a house', label: 1, line: 2 },
        { text: 'the', label: 0, line: 3 },
      ],
      tokenizer,
      config,
      16,
    );
    const { inputs } = source.batch([0, 1]);
    expect(Object.keys(inputs)).toEqual(['inputIds', 'attentionMask', 'tokenTypeIds']);
    const types = Array.from(inputs['tokenTypeIds']?.data ?? []);
    const length = source.length(0);
    expect(types.slice(0, length).lastIndexOf(0)).toBe(3);
    expect(types.slice(4, length)).toEqual(Array<number>(length - 4).fill(1));
    expect(types.slice(length)).toEqual(Array<number>(length).fill(0));
  });
});
