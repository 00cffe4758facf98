/** A merged checkpoint: what Hugging Face's loader reads of it, and our own loader's logits. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors } from '@ggm-peft/safetensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { exportCheckpoint, loadEncoder } from '../../src/index.js';
import type { EncoderForSequenceClassification } from '../../src/index.js';
import { relativeError } from '../relative-error.js';
import { batchOf, logitsOf, smallConfig, trainedModel } from './trained-model.js';

/** `smallConfig` as a base model's file has it. */
const baseConfig = {
  architectures: ['RobertaForMaskedLM'],
  model_type: 'roberta',
  vocab_size: smallConfig.vocabSize,
  hidden_size: smallConfig.hiddenSize,
  num_hidden_layers: smallConfig.numHiddenLayers,
  num_attention_heads: smallConfig.numAttentionHeads,
  intermediate_size: smallConfig.intermediateSize,
  max_position_embeddings: smallConfig.maxPositionEmbeddings,
  type_vocab_size: smallConfig.typeVocabSize,
  layer_norm_eps: smallConfig.layerNormEps,
  torch_dtype: 'float16',
  bos_token_id: 0,
};

let around: string;
let base: string;
let model: EncoderForSequenceClassification;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  around = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  base = join(around, 'base');
  await mkdir(base);
  await writeFile(join(base, 'config.json'), JSON.stringify(baseConfig));
  await writeFile(join(base, 'tokenizer.json'), '{"of": "the base"}');
  await writeFile(join(base, 'README.md'), 'about the base model');
  model = trainedModel();
});
afterEach(async () => {
  model.dispose();
  await rm(around, { recursive: true });
});

const labels = ['sad', 'so so', 'glad'];

describe('exportCheckpoint', () => {
  it('writes every tensor of RobertaForSequenceClassification, in float32, and nothing else', async () => {
    const out = join(around, 'out');
    await exportCheckpoint(out, model, { base, labels });
    const { tensors, metadata } = parseSafetensors(await readFile(join(out, 'model.safetensors')));
    expect([...tensors.keys()].sort()).toEqual(model.parameters.map(({ name }) => name).sort());
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F32']));
    expect(metadata.get('format')).toBe('pt');
    expect(tensors.get('classifier.out_proj.weight')?.shape).toEqual([3, smallConfig.hiddenSize]);
  });

  it('says in config.json what the model is, and keeps what the base model’s says', async () => {
    const out = join(around, 'out');
    const files = await exportCheckpoint(out, model, { base, labels });
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toEqual({
      ...baseConfig,
      architectures: ['RobertaForSequenceClassification'],
      num_labels: 3,
      id2label: { 0: 'sad', 1: 'so so', 2: 'glad' },
      label2id: { sad: 0, 'so so': 1, glad: 2 },
      problem_type: 'single_label_classification',
      torch_dtype: 'float32',
    });
    expect(await readFile(join(out, 'tokenizer.json'), 'utf8')).toBe('{"of": "the base"}');
    expect([...files].sort()).toEqual((await readdir(out)).sort());
    expect(await readdir(out)).not.toContain('README.md');
  });

  it('names one output of a regression', async () => {
    const regression = trainedModel(smallConfig, 1);
    const out = join(around, 'out');
    await exportCheckpoint(out, regression, { base, labels: null });
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
      num_labels: 1,
      id2label: { 0: 'LABEL_0' },
      problem_type: 'regression',
    });
    regression.dispose();
  });

  it('gives the trained model’s logits when it is loaded, and leaves that model as it was', async () => {
    const batch = batchOf([9, 4, 1]);
    const before = await logitsOf(model, batch);
    const out = join(around, 'out');
    await exportCheckpoint(out, model, { base, labels });
    expect(await logitsOf(model, batch)).toEqual(before);
    const loaded = await loadEncoder(out, { outputs: 3, head: 'checkpoint' });
    expect(relativeError(await logitsOf(loaded, batch), before)).toBeLessThan(1e-5);
    // Merging did something
    for (const layer of model.layers) layer.setPair(null);
    expect(relativeError(await logitsOf(model, batch), before)).toBeGreaterThan(1e-2);
    loaded.dispose();
  });

  it.each([
    ['xlm-roberta', 'XLMRobertaForSequenceClassification'],
    ['bert', 'BertForSequenceClassification'],
  ] as const)('names the class of %s', async (modelType, name) => {
    const other = trainedModel({ ...smallConfig, modelType });
    const out = join(around, 'out');
    await writeFile(
      join(base, 'config.json'),
      JSON.stringify({ ...baseConfig, model_type: modelType, pad_token_id: 1 }),
    );
    await exportCheckpoint(out, other, { base, labels });
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
      architectures: [name],
    });
    const loaded = await loadEncoder(out, { outputs: 3, head: 'checkpoint' });
    const batch = batchOf([5, 8]);
    expect(relativeError(await logitsOf(loaded, batch), await logitsOf(other, batch))).toBeLessThan(1e-5);
    loaded.dispose();
    other.dispose();
  });

  it('refuses a model that pools as no class of Hugging Face does', async () => {
    const mean = trainedModel(smallConfig, 3, 'mean');
    await expect(exportCheckpoint(join(around, 'out'), mean, { base, labels })).rejects.toThrow(
      'must pool the first token',
    );
    expect(await readdir(around)).toEqual(['base']);
    mean.dispose();
  });

  it('refuses labels that do not fit, a base without a configuration, and a folder that holds something', async () => {
    const out = join(around, 'out');
    const refused = async (
      options: Parameters<typeof exportCheckpoint>[2],
      message: string,
    ): Promise<void> => {
      await expect(exportCheckpoint(out, model, options)).rejects.toThrow(message);
      expect(await readdir(around)).toEqual(['base']);
    };
    await refused({ base, labels: ['sad', 'glad'] }, "must name the head's 3 outputs");
    await refused({ base, labels: null }, "must name the head's 3 outputs");
    await refused({ base, labels: ['sad', 'sad', 'glad'] }, 'labels must differ; sad is there twice');
    await refused({ base: around, labels }, join(around, 'config.json'));
    await writeFile(join(base, 'config.json'), '{');
    await refused({ base, labels }, 'config.json: cannot be read as JSON');
    await expect(exportCheckpoint(base, model, { base, labels })).rejects.toThrow('must not exist yet');
  });
});
