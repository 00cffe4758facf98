/** BERT's relatives: checkpoints under other names and architectures, and what the head reads. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSites } from '@ggm-peft/adapters';
import { openSafetensors, writeSafetensors } from '@ggm-peft/safetensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import {
  BertForSequenceClassification,
  createEncoder,
  DistilBertForSequenceClassification,
  encoderInputs,
  loadEncoder,
  loadRoberta,
  parseEncoderConfig,
  RobertaForSequenceClassification,
} from '../src/index.js';
import type { EncoderForSequenceClassification, Pooling } from '../src/index.js';
import { relativeError } from './relative-error.js';

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures');
let folder: string;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-encoders-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Weight {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A fixture's model with a changed configuration and other tensors. */
async function writeModel(
  fixture: string,
  config: (json: Record<string, unknown>) => object,
  weights: (all: ReadonlyMap<string, Weight>) => Iterable<readonly [string, Weight]>,
): Promise<void> {
  const source = join(fixtures, fixture);
  const json = JSON.parse(await readFile(join(source, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, 'config.json'), JSON.stringify(config(json)));
  const file = await openSafetensors(join(source, 'model.safetensors'));
  const all = new Map<string, Weight>();
  for (const [name, { shape }] of file.entries) {
    all.set(name, { dtype: 'F32', shape, data: await file.readFloat32(name) });
  }
  await file.close();
  await writeSafetensors(join(folder, 'model.safetensors'), weights(all));
}

const batch = {
  inputIds: Int32Array.of(3, 17, 29, 41, 4, 3, 55, 4, 0, 0),
  attentionMask: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0),
  batch: 2,
  length: 5,
};

/** Logits and hidden states of the batch. */
async function run(
  model: EncoderForSequenceClassification,
  tokenTypeIds = new Int32Array(10),
): Promise<{ logits: Float32Array; states: Float32Array[] }> {
  const inputs = Object.fromEntries(
    Object.entries(encoderInputs({ ...batch, tokenTypeIds }, model.config)).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data, shape, 'int32'),
    ]),
  );
  const { logits, hiddenStates } = model.forward(inputs, null);
  const short = model.logits(inputs, null);
  expect(relativeError(await short.data(), await logits.data())).toBeLessThan(1e-6);
  return {
    logits: await logits.data<'float32'>(),
    states: await Promise.all(hiddenStates.map(async (state) => state.data<'float32'>())),
  };
}

describe('loadEncoder', () => {
  it('chooses the class by model_type', async () => {
    const bert = await loadEncoder(join(fixtures, 'bert-hf-classification'), { outputs: 3 });
    const roberta = await loadEncoder(join(fixtures, 'roberta-hf-classification'), { outputs: 2 });
    expect(bert).toBeInstanceOf(BertForSequenceClassification);
    expect(roberta).toBeInstanceOf(RobertaForSequenceClassification);
    expect(
      createEncoder(parseEncoderConfig({ model_type: 'distilbert', vocab_size: 9, dim: 12, hidden_dim: 4 }), {
        outputs: 1,
      }),
    ).toBeInstanceOf(DistilBertForSequenceClassification);
    const roles = bert.parameters.filter(({ role }) => role === 'head').map(({ name }) => name);
    expect(roles).toEqual(['classifier.weight', 'classifier.bias']);
  });

  it.each([
    ['roberta', 'roberta.encoder.layer.0.attention.self', ['query', 'key', 'value']],
    ['bert', 'bert.encoder.layer.0.attention.self', ['query', 'key', 'value']],
    ['distilbert', 'distilbert.transformer.layer.0.attention', ['q_lin', 'k_lin', 'v_lin']],
  ])('has the queries, keys and values of a %s as default sites', (modelType, attention, sites) => {
    const sizes = { hidden_size: 12, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 4 };
    const config = parseEncoderConfig({
      ...{ model_type: modelType, vocab_size: 9, max_position_embeddings: 8 },
      ...(modelType === 'distilbert' ? { dim: 12, n_layers: 1, n_heads: 2, hidden_dim: 4 } : sizes),
    });
    const model = createEncoder(config, { outputs: 2 });
    expect(findSites(model).map(({ name }) => name)).toEqual(sites.map((site) => `${attention}.${site}`));
    model.dispose();
  });

  it('takes an XLM-R for a RoBERTa of another name', async () => {
    await writeModel(
      'roberta-hf-classification',
      (json) => ({ ...json, model_type: 'xlm-roberta' }),
      (all) => all,
    );
    const options = { outputs: 2, head: 'checkpoint' } as const;
    const expected = await run(await loadEncoder(join(fixtures, 'roberta-hf-classification'), options));
    expect(await run(await loadEncoder(folder, options))).toEqual(expected);
    expect(await run(await loadRoberta(folder, options))).toEqual(expected);
  });

  it('understands a bare BERT and the old names of layer normalisation', async () => {
    await writeModel(
      'bert-hf-classification',
      (json) => json,
      (all) =>
        [...all].map(([name, tensor]) => [
          name
            .replace(/^bert\./, '')
            .replace('LayerNorm.weight', 'LayerNorm.gamma')
            .replace('LayerNorm.bias', 'LayerNorm.beta'),
          tensor,
        ]),
    );
    const options = { outputs: 3, head: 'checkpoint' } as const;
    const types = Int32Array.of(0, 0, 0, 1, 1, 0, 0, 0, 0, 0);
    const expected = await run(await loadEncoder(join(fixtures, 'bert-hf-classification'), options), types);
    expect(await run(await loadEncoder(folder, options), types)).toEqual(expected);
  });

  it('does without a pooler where the mean is read, and says so where it is not', async () => {
    await writeModel(
      'bert-hf-classification',
      (json) => json,
      (all) => [...all].filter(([name]) => !name.includes('pooler')),
    );
    await expect(loadEncoder(folder, { outputs: 3 })).rejects.toThrow(
      `tensor bert.pooler.dense.weight [32, 32] is missing; pooling 'mean' does without the pooler`,
    );
    const model = await loadEncoder(folder, { outputs: 3, pooling: 'mean' });
    expect(model.parameters.some(({ name }) => name.includes('pooler'))).toBe(false);
  });

  it('refuses what it does not know', async () => {
    await copyFile(join(fixtures, 'bert-hf-classification', 'config.json'), join(folder, 'config.json'));
    await expect(loadEncoder(folder, { outputs: 2, pooling: 'max' as Pooling })).rejects.toThrow(
      'loadEncoder: pooling must be first or mean; got "max"',
    );
    await expect(loadRoberta(folder, { outputs: 2 })).rejects.toThrow(
      'model_type must be "roberta" or "xlm-roberta"; got "bert"',
    );
  });
});

/** BERT's names as DistilBERT has them. */
const distilled: readonly (readonly [RegExp, string])[] = [
  [/^bert\.encoder\./, 'distilbert.transformer.'],
  [/^bert\.pooler\.dense/, 'pre_classifier'],
  [/^bert\./, 'distilbert.'],
  [/attention\.self\.query/, 'attention.q_lin'],
  [/attention\.self\.key/, 'attention.k_lin'],
  [/attention\.self\.value/, 'attention.v_lin'],
  [/attention\.output\.dense/, 'attention.out_lin'],
  [/attention\.output\.LayerNorm/, 'sa_layer_norm'],
  [/intermediate\.dense/, 'ffn.lin1'],
  [/(layer\.\d+)\.output\.dense/, '$1.ffn.lin2'],
  [/(layer\.\d+)\.output\.LayerNorm/, '$1.output_layer_norm'],
];

describe('DistilBERT', () => {
  it('is a BERT of one token type, with another head', async () => {
    await writeModel(
      'bert-hf-classification',
      ({ vocab_size, max_position_embeddings }) => ({
        model_type: 'distilbert',
        vocab_size,
        max_position_embeddings,
        dim: 32,
        n_layers: 2,
        n_heads: 4,
        hidden_dim: 64,
      }),
      (all) => {
        // Every position's row takes up the row of token type 0.
        const types = all.get('bert.embeddings.token_type_embeddings.weight')?.data ?? new Float32Array();
        return [...all]
          .filter(([name]) => !name.includes('token_type'))
          .map(([name, tensor]) => [
            distilled.reduce((rest, [from, to]) => rest.replace(from, to), name),
            name.includes('position_embeddings')
              ? {
                  ...tensor,
                  data: tensor.data.map((x, i) => x + (types[i % 32] ?? NaN)),
                }
              : tensor,
          ]);
      },
    );
    const bert = await run(await loadEncoder(join(fixtures, 'bert-hf-classification'), { outputs: 3 }));
    const model = await loadEncoder(folder, { outputs: 3, head: 'checkpoint' });
    const { logits, states } = await run(model);
    expect(states).toHaveLength(3);
    states.forEach((state, i) => {
      expect(relativeError(state, bert.states[i] ?? [])).toBeLessThan(1e-5);
    });
    const head = async (name: string): Promise<Float32Array> => {
      const found = model.parameters.find((parameter) => parameter.name === name);
      return found === undefined ? new Float32Array() : found.variable.data<'float32'>();
    };
    const product = (weight: Float32Array, bias: Float32Array, x: readonly number[]): number[] =>
      Array.from(bias, (b, row) =>
        x.reduce((sum, value, i) => sum + value * (weight[row * 32 + i] ?? NaN), b),
      );
    const expected: number[] = [];
    for (const row of [0, 1]) {
      const first = Array.from(states[2]?.subarray(row * 5 * 32, row * 5 * 32 + 32) ?? []);
      const features = product(await head('pre_classifier.weight'), await head('pre_classifier.bias'), first);
      const positive = features.map((value) => Math.max(0, value));
      expected.push(...product(await head('classifier.weight'), await head('classifier.bias'), positive));
    }
    expect(relativeError(logits, expected)).toBeLessThan(1e-5);
  });
});

describe('pooling', () => {
  it('of the mean reads every token but padding', async () => {
    const model = await loadEncoder(join(fixtures, 'bert-hf-classification'), {
      outputs: 3,
      head: 'checkpoint',
      pooling: 'mean',
    });
    const { logits, states } = await run(model);
    const last = states.at(-1) ?? new Float32Array();
    const [weight, bias] = await Promise.all(
      model.parameters.slice(-2).map(async ({ variable }) => variable.data<'float32'>()),
    );
    const expected = [5, 3].flatMap((tokens, row) => {
      const mean = Array.from({ length: 32 }, (_, i) => {
        const values = Array.from({ length: tokens }, (__, token) => last[(row * 5 + token) * 32 + i] ?? NaN);
        return values.reduce((sum, value) => sum + value, 0) / tokens;
      });
      return Array.from(bias ?? [], (b, out) =>
        mean.reduce((sum, value, i) => sum + value * (weight?.[out * 32 + i] ?? NaN), b),
      );
    });
    expect(relativeError(logits, expected)).toBeLessThan(1e-5);
  });

  it('keeps RoBERTa’s head, which is new anyway', async () => {
    const path = join(fixtures, 'roberta-hf-classification');
    const [first, mean] = await Promise.all(
      (['first', 'mean'] as const).map(async (pooling) =>
        loadEncoder(path, { outputs: 2, head: 'checkpoint', pooling }),
      ),
    );
    expect(mean?.parameters.map(({ name }) => name)).toEqual(first?.parameters.map(({ name }) => name));
    if (first === undefined || mean === undefined) throw new Error('no model');
    expect((await run(mean)).states).toEqual((await run(first)).states);
    expect((await run(mean)).logits).not.toEqual((await run(first)).logits);
  });
});

describe('a sequence longer than the positions', () => {
  it('is refused', async () => {
    const model = await loadEncoder(join(fixtures, 'bert-hf-classification'), { outputs: 3 });
    const ids = tf.zeros([1, 41], 'int32');
    const inputs = { inputIds: ids, attentionMask: tf.onesLike(ids), tokenTypeIds: ids };
    expect(() => model.logits(inputs, null)).toThrow(
      "BertForSequenceClassification: inputIds must be at most 40 long, the model's positions; got 41",
    );
  });
});
