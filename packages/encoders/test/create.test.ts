import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { createRoberta, parseRobertaConfig } from '../src/index.js';

const config = parseRobertaConfig({
  model_type: 'roberta',
  vocab_size: 300,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 20,
  initializer_range: 0.05,
});

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe('createRoberta', () => {
  it('draws the weights that the configuration asks for, from the seed', async () => {
    const [model, again, other] = [1, 1, 2].map((seed) => createRoberta(config, { outputs: 3, seed }));
    const values = async (made = model): Promise<Map<string, Float32Array>> =>
      new Map(
        await Promise.all(
          (made?.parameters ?? []).map(
            async ({ name, variable }) => [name, Float32Array.from(await variable.data())] as const,
          ),
        ),
      );
    const drawn = await values();
    expect(await values(again)).toEqual(drawn);
    expect((await values(other)).get('classifier.dense.weight')).not.toEqual(
      drawn.get('classifier.dense.weight'),
    );
    const words = drawn.get('roberta.embeddings.word_embeddings.weight') ?? new Float32Array();
    expect([...words.subarray(32, 64)].every((value) => value === 0)).toBe(true); // the padding's row
    const rest = [...words.subarray(64)];
    const deviation = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0) / rest.length);
    expect(deviation).toBeGreaterThan(0.048);
    expect(deviation).toBeLessThan(0.052);
    expect(new Set(drawn.get('roberta.embeddings.LayerNorm.weight'))).toEqual(new Set([1]));
    expect(new Set(drawn.get('roberta.encoder.layer.1.output.dense.bias'))).toEqual(new Set([0]));
    for (const made of [model, again, other]) made?.dispose();
    expect(tf.memory().numTensors).toBe(0);
  });

  it('makes a model that runs', async () => {
    const model = createRoberta(config, { outputs: 3 });
    const ids = tf.tensor2d([[0, 7, 9, 2]], [1, 4], 'int32');
    const inputs = {
      inputIds: ids,
      attentionMask: tf.onesLike(ids),
      positionIds: tf.tensor2d([[2, 3, 4, 5]], [1, 4], 'int32'),
    };
    const logits = model.logits(inputs, null);
    expect(logits.shape).toEqual([1, 3]);
    expect((await logits.data()).every(Number.isFinite)).toBe(true);
    model.dispose();
  });

  it('refuses a head without outputs', () => {
    expect(() => createRoberta(config, { outputs: 0 })).toThrow(
      'createRoberta: outputs must be an integer of at least 1; got 0',
    );
  });
});
