/** The forward pass in stages: what is kept between them loses nothing. */
import { firstTrainedStage, isStaged } from '@ggm-peft/adapters';
import type { DropoutSource } from '@ggm-peft/adapters';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { createEncoder, encoderInputs, parseEncoderConfig } from '../src/index.js';
import type { EncoderForSequenceClassification, Pooling } from '../src/index.js';

const layers = 3;
const width = 16;

const bertKeys = {
  vocab_size: 60,
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 12,
  pad_token_id: 1,
  initializer_range: 0.3,
};
const distilBertKeys = {
  vocab_size: 60,
  dim: width,
  n_layers: layers,
  n_heads: 2,
  hidden_dim: 32,
  max_position_embeddings: 12,
  pad_token_id: 1,
  initializer_range: 0.3,
};

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly pooling: Pooling;
  /** Dropouts of a layer and of the head. */
  readonly drops: { readonly layer: number; readonly head: number };
  /** Parameters by the stage that they belong to. */
  readonly placed: Readonly<Record<string, number>>;
}

const cases: readonly Case[] = [
  {
    config: { model_type: 'roberta', ...bertKeys },
    pooling: 'first',
    drops: { layer: 3, head: 2 },
    placed: {
      'roberta.embeddings.LayerNorm.bias': 0,
      'roberta.encoder.layer.0.output.dense.weight': 0,
      'roberta.encoder.layer.2.attention.self.key.bias': 2,
      'classifier.dense.weight': layers,
    },
  },
  {
    config: { model_type: 'bert', ...bertKeys },
    pooling: 'first',
    drops: { layer: 3, head: 1 },
    placed: {
      'bert.embeddings.token_type_embeddings.weight': 0,
      'bert.encoder.layer.1.attention.self.key.bias': 1,
      'bert.pooler.dense.weight': layers,
      'classifier.weight': layers,
    },
  },
  {
    config: { model_type: 'bert', ...bertKeys },
    pooling: 'mean',
    drops: { layer: 3, head: 1 },
    placed: { 'bert.encoder.layer.2.output.LayerNorm.bias': 2, 'classifier.bias': layers },
  },
  {
    config: { model_type: 'distilbert', ...distilBertKeys },
    pooling: 'first',
    drops: { layer: 2, head: 1 },
    placed: {
      'distilbert.embeddings.position_embeddings.weight': 0,
      'distilbert.transformer.layer.2.attention.q_lin.bias': 2,
      'pre_classifier.weight': layers,
    },
  },
];

const valuesOf = (tensor: () => tf.Tensor): number[] => Array.from(tf.tidy(() => tensor().dataSync()));

function inputsOf(model: EncoderForSequenceClassification): Record<string, tf.Tensor> {
  const arrays = encoderInputs(
    {
      inputIds: Int32Array.from([0, 7, 9, 11, 2, 0, 8, 2, 1, 1]),
      attentionMask: Int32Array.from([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
      tokenTypeIds: Int32Array.from([0, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
      batch: 2,
      length: 5,
    },
    model.config,
  );
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'int32')]),
  );
}

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe.each(cases)(
  'stages of $config.model_type, pooling $pooling',
  ({ config, pooling, drops, placed }) => {
    let model: EncoderForSequenceClassification;
    let inputs: Record<string, tf.Tensor>;

    beforeAll(() => {
      model = createEncoder(parseEncoderConfig(config), { outputs: 3, pooling });
      inputs = inputsOf(model);
    });

    afterAll(() => {
      model.dispose();
      tf.dispose(inputs);
    });

    it('hold every parameter and layer once, the embeddings with the first layer', () => {
      expect(isStaged(model)).toBe(true);
      expect(model.stages).toHaveLength(layers + 1);
      expect(model.stages.flatMap(({ parameters }) => parameters)).toEqual(model.parameters);
      expect(model.stages.flatMap((stage) => stage.layers)).toEqual(model.layers);
      const stageOf = (name: string): number =>
        model.stages.findIndex(({ parameters }) => parameters.some((parameter) => parameter.name === name));
      expect(Object.fromEntries(Object.keys(placed).map((name) => [name, stageOf(name)]))).toEqual(placed);
    });

    it.each([1, 2, 3])('give the same logits from stage %d, whatever its padding holds', (stage) => {
      const whole = valuesOf(() => model.logits(inputs, null));
      const states = tf.tidy(() => model.prefix(stage, inputs));
      const all = model.stages[stage]?.tokens === 'all';
      expect(all).toBe(stage < layers || pooling === 'mean');
      expect(states.shape).toEqual([2, all ? 5 : 1, width]);
      expect(valuesOf(() => model.logitsFrom(stage, states, all ? inputs : {}, null))).toEqual(whole);
      if (all) {
        const filled = valuesOf(() => {
          const kept = tf.cast(inputs['attentionMask'] ?? [], 'bool').expandDims(2); // [batch, length, 1]
          return model.logitsFrom(stage, tf.where(kept, states, tf.fill(states.shape, 7)), inputs, null);
        });
        filled.forEach((value, i) => {
          expect(value).toBeCloseTo(whole[i] ?? NaN, 6);
        });
      }
      states.dispose();
    });

    it.each([1, 2, 3])('drop from stage %d on alone', (stage) => {
      let masks = 0;
      const counting: DropoutSource = {
        apply: (x) => {
          masks++;
          return x;
        },
      };
      tf.tidy(() => model.logitsFrom(stage, model.prefix(stage, inputs), inputs, counting));
      expect(masks).toBe(drops.layer * (layers - stage) + drops.head);
    });

    it.each([0, layers + 1, 1.5])('refuse %d as a stage to begin at', (stage) => {
      const message = `stage must be an integer in 1..3; got ${stage}`;
      expect(() => model.prefix(stage, inputs)).toThrow(message);
      expect(() => model.logitsFrom(stage, tf.zeros([2, 5, width]), inputs, null)).toThrow(message);
    });
  },
);

describe('firstTrainedStage', () => {
  let model: EncoderForSequenceClassification;
  beforeAll(() => {
    model = createEncoder(parseEncoderConfig({ model_type: 'roberta', ...bertKeys }), { outputs: 3 });
  });
  afterAll(() => {
    model.dispose();
  });

  const trainable = (name: string) => {
    const found = model.parameters.find((parameter) => parameter.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  it('is the lowest stage of a parameter or a component that trains', () => {
    const head = trainable('classifier.out_proj.bias');
    const bias = trainable('roberta.encoder.layer.1.attention.self.key.bias');
    expect(firstTrainedStage(model, [head])).toBe(layers);
    expect(firstTrainedStage(model, [head, bias])).toBe(1);
    const words = model.layers[0];
    if (words === undefined) throw new Error('no embeddings');
    const pair = tf.tidy(() => ({ a: tf.variable(tf.zeros([60, 2])), b: tf.variable(tf.zeros([2, width])) }));
    words.setPair(pair);
    expect(firstTrainedStage(model, [head, { name: 'words.b', variable: pair.b, role: 'encoder' }])).toBe(0);
    words.setPair(null);
    tf.dispose([pair.a, pair.b]);
  });

  it('refuses a trainable of unknown place', () => {
    const variable = tf.tidy(() => tf.variable(tf.zeros([1])));
    expect(() => firstTrainedStage(model, [{ name: 'elsewhere', variable, role: 'encoder' }])).toThrow(
      'firstTrainedStage: elsewhere belongs to no stage of the model',
    );
    variable.dispose();
  });
});
