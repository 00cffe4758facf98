/**
 * Agreement with Hugging Face's RobertaForSequenceClassification and BertForSequenceClassification on small models with
 * random weights: logits, every hidden state, the loss and the gradient of every parameter outside the embeddings, in float32.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '@ggm-peft/safetensors';
import type { SafetensorsFile } from '@ggm-peft/safetensors';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { encoderInputs, loadEncoder } from '../src/index.js';
import type { EncoderForSequenceClassification } from '../src/index.js';
import { relativeError } from './relative-error.js';

interface FixtureInputs {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly token_type_ids?: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

const cases = [
  { folder: 'roberta-hf-classification', outputs: 2 },
  { folder: 'roberta-hf-regression', outputs: 1 },
  { folder: 'bert-hf-classification', outputs: 3 },
];

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  await tf.ready();
});

describe.each(cases)('$folder', ({ folder, outputs }) => {
  const path = join(import.meta.dirname, '..', '..', '..', 'fixtures', folder);
  let model: EncoderForSequenceClassification;
  let expected: SafetensorsFile;
  let inputs: Record<string, tf.Tensor>;
  let labels: tf.Tensor1D;

  beforeAll(async () => {
    model = await loadEncoder(path, { outputs, head: 'checkpoint' });
    expected = await openSafetensors(join(path, 'expected.safetensors'));
    const fixture = JSON.parse(await readFile(join(path, 'inputs.json'), 'utf8')) as FixtureInputs;
    const batch = fixture.input_ids.length;
    const arrays = encoderInputs(
      {
        inputIds: Int32Array.from(fixture.input_ids.flat()),
        attentionMask: Int32Array.from(fixture.attention_mask.flat()),
        ...(fixture.token_type_ids === undefined
          ? {}
          : { tokenTypeIds: Int32Array.from(fixture.token_type_ids.flat()) }),
        batch,
        length: fixture.input_ids[0]?.length ?? 0,
      },
      model.config,
    );
    inputs = Object.fromEntries(
      Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'int32')]),
    );
    labels = tf.tensor1d([...fixture.labels]);
  });

  afterAll(async () => {
    await expected.close();
    model.dispose();
    tf.dispose([inputs, labels]);
  });

  const loss = (): tf.Scalar => {
    const logits = model.logits(inputs, null);
    return outputs === 1
      ? tf.losses.meanSquaredError(labels, logits.reshape([-1])).asScalar()
      : tf.losses.softmaxCrossEntropy(tf.oneHot(tf.cast(labels, 'int32').as1D(), outputs), logits).asScalar();
  };

  it('computes the same logits without the last layer’s other tokens', async () => {
    const part = tf.tidy(() => model.logits(inputs, null));
    const whole = tf.tidy(() => model.forward(inputs, null).logits);
    expect(part.shape).toEqual(whole.shape);
    expect(relativeError(await part.data(), await whole.data())).toBeLessThan(1e-6);
    tf.dispose([part, whole]);
  });

  it('gives the same logits and hidden states', async () => {
    const result = tf.tidy(() => {
      const { logits, hiddenStates } = model.forward(inputs, null);
      return { logits, hiddenStates: [...hiddenStates] };
    });
    expect(relativeError(await result.logits.data(), await expected.readFloat32('logits'))).toBeLessThan(
      1e-4,
    );
    expect(result.hiddenStates).toHaveLength(model.config.numHiddenLayers + 1);
    for (const [i, state] of result.hiddenStates.entries()) {
      const reference = await expected.readFloat32(`hidden_states.${i}`);
      expect(relativeError(await state.data(), reference)).toBeLessThan(1e-4);
    }
    tf.dispose([result.logits, result.hiddenStates]);
  });

  it('gives the same loss and gradients', async () => {
    const variables = model.parameters.map(({ variable }) => variable);
    const { value, grads } = tf.variableGrads(loss, variables);
    expect(relativeError(await value.data(), await expected.readFloat32('loss'))).toBeLessThan(1e-4);
    const checked = expected.names.filter((name) => name.startsWith('grad.'));
    expect(checked).toHaveLength(model.parameters.length - 5);
    // A key bias has no gradient in exact arithmetic (softmax does not see it): compare it with the query bias's scale.
    const scaleOf = (name: string): string => name.replace('self.key.bias', 'self.query.bias');
    for (const name of checked) {
      const reference = await expected.readFloat32(name);
      const scale = Math.max(...(await expected.readFloat32(scaleOf(name))).map(Math.abs));
      const parameter = model.parameters.find((candidate) => `grad.${candidate.name}` === name);
      const gradient = parameter === undefined ? undefined : grads[parameter.variable.name];
      const actual = gradient === undefined ? new Float32Array(0) : await gradient.data();
      expect(actual).toHaveLength(reference.length);
      const worst = reference.reduce(
        (max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? NaN))),
        0,
      );
      expect({ name, close: worst / scale < 1e-4 }).toEqual({ name, close: true });
    }
    tf.dispose([value, grads]);
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      tf.variableGrads(
        loss,
        model.parameters.map(({ variable }) => variable),
      );
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
