/**
 * Exported ONNX models on ONNX Runtime: our logits and Hugging Face's, for batches of any size and length.
 *
 * @jest-environment ../tfjs-onnx/test/node-arrays-environment.mjs
 */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@ggm-peft/safetensors';
import { loadOnnxRuntime } from '@ggm-peft/tfjs-onnx';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { exportOnnx, loadEncoder } from '../../src/index.js';
import type {
  EncoderConfig,
  EncoderForSequenceClassification,
  Pooling,
  TokenBatch,
} from '../../src/index.js';
import { relativeError } from '../relative-error.js';
import { batchOf, logitsOf, smallConfig, trainedModel } from './trained-model.js';

const fixtures = join(import.meta.dirname, '..', '..', '..', '..', 'fixtures');
type Session = Awaited<ReturnType<Awaited<ReturnType<typeof loadOnnxRuntime>>['InferenceSession']['create']>>;

let around: string;
beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  around = await mkdtemp(join(tmpdir(), 'onnx-'));
});
afterEach(async () => {
  await rm(around, { recursive: true });
});

async function exported(
  model: EncoderForSequenceClassification,
  labels: readonly string[] | null,
): Promise<Session> {
  const out = join(around, 'out');
  await exportOnnx(out, model, { base: join(fixtures, 'roberta-hf-classification'), labels });
  const ort = await loadOnnxRuntime();
  return ort.InferenceSession.create(join(out, 'onnx', 'model.onnx'));
}

/** Feeds what transformers.js feeds. */
async function run(session: Session, batch: TokenBatch) {
  const ort = await loadOnnxRuntime();
  const int64 = (values: Int32Array) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [batch.batch, batch.length]);
  const { logits } = await session.run({
    input_ids: int64(batch.inputIds),
    attention_mask: int64(batch.attentionMask),
    ...(session.inputNames.includes('token_type_ids') && batch.tokenTypeIds !== undefined
      ? { token_type_ids: int64(batch.tokenTypeIds) }
      : {}),
  });
  if (logits === undefined) throw new Error('no logits');
  return { dims: logits.dims, data: Float32Array.from(logits.data as Float32Array) };
}

describe('exportOnnx', () => {
  it.each<[string, EncoderConfig, Pooling]>([
    ['RoBERTa', smallConfig, 'first'],
    ['RoBERTa, relu', { ...smallConfig, hiddenAct: 'relu', padTokenId: 0, layerNormEps: 1e-3 }, 'first'],
    ['RoBERTa, mean', smallConfig, 'mean'],
    ['BERT', { ...smallConfig, modelType: 'bert' }, 'first'],
    ['BERT, mean', { ...smallConfig, modelType: 'bert' }, 'mean'],
    ['DistilBERT', { ...smallConfig, modelType: 'distilbert' }, 'first'],
  ])('gives the trained model’s logits for every batch and length (%s)', async (_, config, pooling) => {
    const model = trainedModel(config, 3, pooling);
    const session = await exported(model, ['a', 'b', 'c']);
    for (const lengths of [[1], [18], [7, 7], [3, 18, 1, 9, 2]]) {
      const batch = batchOf(lengths, config);
      const { dims, data } = await run(session, batch);
      expect(dims).toEqual([lengths.length, 3]);
      expect(relativeError(data, await logitsOf(model, batch))).toBeLessThan(1e-5);
      // Padding that is attended to shows which positions it has
      const seen = { ...batch, attentionMask: new Int32Array(batch.attentionMask.length).fill(1) };
      expect(relativeError((await run(session, seen)).data, await logitsOf(model, seen))).toBeLessThan(1e-5);
    }
    await session.release();
    model.dispose();
  });

  it.each([
    { folder: 'roberta-hf-classification', labels: ['0', '1'] },
    { folder: 'roberta-hf-regression', labels: null },
    { folder: 'bert-hf-classification', labels: ['0', '1', '2'] },
  ])('gives Hugging Face’s logits of $folder', async ({ folder, labels }) => {
    const path = join(fixtures, folder);
    const model = await loadEncoder(path, { outputs: labels?.length ?? 1, head: 'checkpoint' });
    const session = await exported(model, labels);
    const inputs = JSON.parse(await readFile(join(path, 'inputs.json'), 'utf8')) as Record<
      'input_ids' | 'attention_mask',
      number[][]
    > & { readonly token_type_ids?: number[][] };
    const { data } = await run(session, {
      inputIds: Int32Array.from(inputs.input_ids.flat()),
      attentionMask: Int32Array.from(inputs.attention_mask.flat()),
      tokenTypeIds: Int32Array.from(inputs.token_type_ids?.flat() ?? []),
      batch: inputs.input_ids.length,
      length: inputs.input_ids[0]?.length ?? 0,
    });
    const expected = await openSafetensors(join(path, 'expected.safetensors'));
    expect(relativeError(data, await expected.readFloat32('logits'))).toBeLessThan(1e-4);
    await expected.close();
    await session.release();
    model.dispose();
  });

  it('names inputs and output as transformers.js does, with lengths left open', async () => {
    const model = trainedModel();
    const session = await exported(model, ['a', 'b', 'c']);
    const tokens = ['batch_size', 'sequence_length'];
    expect(session.inputMetadata).toMatchObject([
      { name: 'input_ids', type: 'int64', shape: tokens },
      { name: 'attention_mask', type: 'int64', shape: tokens },
    ]);
    expect(session.outputMetadata).toMatchObject([
      { name: 'logits', type: 'float32', shape: ['batch_size', 3] },
    ]);
    expect(await readdir(join(around, 'out'))).toEqual(['config.json', 'onnx', 'tokenizer_config.json']);
    const config: unknown = JSON.parse(await readFile(join(around, 'out', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ id2label: { 0: 'a', 1: 'b', 2: 'c' }, model_type: 'roberta' });
    await session.release();
    model.dispose();
  });

  it('writes out what transformers.js must be told of the tokenizer', async () => {
    const base = join(around, 'base');
    await mkdir(base);
    await copyFile(join(fixtures, 'roberta-hf-classification', 'config.json'), join(base, 'config.json'));
    await writeFile(join(base, 'tokenizer.json'), '{"of": "the base"}');
    await writeFile(join(base, 'special_tokens_map.json'), '{"pad_token": "<nothing>", "cls_token": "<c>"}');
    await writeFile(join(base, 'tokenizer_config.json'), '{"cls_token": "<begin>", "model_max_length": 512}');
    const labels = ['a', 'b', 'c'];
    const written = async (model: EncoderForSequenceClassification, name: string): Promise<unknown> => {
      const files = await exportOnnx(join(around, name), model, { base, labels });
      expect([...files].sort()).toEqual([
        'config.json',
        'onnx/model.onnx',
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ]);
      expect(await readFile(join(around, name, 'tokenizer.json'), 'utf8')).toBe('{"of": "the base"}');
      return JSON.parse(await readFile(join(around, name, 'tokenizer_config.json'), 'utf8'));
    };
    const roberta = trainedModel();
    // Of 20 positions, RoBERTa's padding takes the first two
    expect(await written(roberta, 'roberta')).toEqual({
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      sep_token: '</s>',
      pad_token: '<nothing>',
      cls_token: '<begin>',
      mask_token: '<mask>',
      model_max_length: 18,
    });
    const bert = trainedModel({ ...smallConfig, modelType: 'bert' });
    await writeFile(join(base, 'tokenizer_config.json'), '{"model_max_length": 16, "sep_token": null}');
    expect(await written(bert, 'bert')).toEqual({
      unk_token: '[UNK]',
      sep_token: '[SEP]',
      pad_token: '<nothing>',
      cls_token: '<c>',
      mask_token: '[MASK]',
      model_max_length: 16,
    });
    roberta.dispose();
    bert.dispose();
  });

  it('writes nothing when the labels do not fit', async () => {
    const model = trainedModel();
    await expect(exported(model, ['a'])).rejects.toThrow("exportOnnx: labels must name the head's 3 outputs");
    expect(await readdir(around)).toEqual([]);
    model.dispose();
  });
});
