/** The forward pass in stages: what is kept between them loses nothing. */
import { firstTrainedStage, isStaged } from '@ggm-peft/adapters';
import type { DropoutSource } from '@ggm-peft/adapters';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { createRoberta, encoderInputs, parseRobertaConfig } from '../src/index.js';
import type { RobertaForSequenceClassification } from '../src/index.js';

const layers = 3;
const width = 16;
const config = parseRobertaConfig({
  model_type: 'roberta',
  vocab_size: 60,
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 12,
  initializer_range: 0.3,
});

let model: RobertaForSequenceClassification;
let inputs: Record<string, tf.Tensor>;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  model = createRoberta(config, { outputs: 3 });
  const arrays = encoderInputs(
    {
      inputIds: Int32Array.from([0, 7, 9, 11, 2, 0, 8, 2, 1, 1]),
      attentionMask: Int32Array.from([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
      batch: 2,
      length: 5,
    },
    config.padTokenId,
  );
  inputs = Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'int32')]),
  );
});

afterAll(() => {
  model.dispose();
  tf.dispose(inputs);
});

const valuesOf = (tensor: () => tf.Tensor): number[] => Array.from(tf.tidy(() => tensor().dataSync()));

describe('stages', () => {
  it('hold every parameter and layer once, the embeddings with the first layer', () => {
    expect(isStaged(model)).toBe(true);
    expect(model.stages).toHaveLength(layers + 1);
    expect(model.stages.flatMap(({ parameters }) => parameters)).toEqual(model.parameters);
    expect(model.stages.flatMap((stage) => stage.layers)).toEqual(model.layers);
    const stageOf = (name: string): number =>
      model.stages.findIndex(({ parameters }) => parameters.some((parameter) => parameter.name === name));
    expect(stageOf('roberta.embeddings.LayerNorm.bias')).toBe(0);
    expect(stageOf('roberta.encoder.layer.0.output.dense.weight')).toBe(0);
    expect(stageOf('roberta.encoder.layer.2.attention.self.key.bias')).toBe(2);
    expect(stageOf('classifier.dense.weight')).toBe(layers);
  });

  it.each([1, 2, 3])('give the same logits from stage %d, whatever its padding holds', (stage) => {
    const whole = valuesOf(() => model.logits(inputs, null));
    const states = tf.tidy(() => model.prefix(stage, inputs));
    const all = model.stages[stage]?.tokens === 'all';
    expect(all).toBe(stage < layers);
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
    expect(masks).toBe(3 * (layers - stage) + 2);
  });

  it.each([0, layers + 1, 1.5])('refuse %d as a stage to begin at', (stage) => {
    const message = `stage must be an integer in 1..3; got ${stage}`;
    expect(() => model.prefix(stage, inputs)).toThrow(message);
    expect(() => model.logitsFrom(stage, tf.zeros([2, 5, width]), inputs, null)).toThrow(message);
  });
});

describe('firstTrainedStage', () => {
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
