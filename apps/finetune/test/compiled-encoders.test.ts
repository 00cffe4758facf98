/**
 * An encoder's loss and the gradients of all of its parameters, compiled to one ONNX graph, equal those of tfjs's cpu backend:
 * on small models with random weights (RoBERTa, BERT, BERT with mean pooling), with dropout (the same masks on both sides) and without.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DropoutSource } from '@ggm-peft/adapters';
import { encoderInputs, loadEncoder } from '@ggm-peft/encoders';
import type { EncoderForSequenceClassification, Pooling } from '@ggm-peft/encoders';
import { compile, eagerStreams } from '@ggm-peft/tfjs-onnx';
import type { CompiledFunction, NamedTensors } from '@ggm-peft/tfjs-onnx';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

interface FixtureInputs {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly token_type_ids?: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

const streams = { dropout: { seed: 3 } };

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const cases: readonly { readonly folder: string; readonly outputs: number; readonly pooling: Pooling }[] = [
  { folder: 'roberta-hf-classification', outputs: 2, pooling: 'first' },
  { folder: 'roberta-hf-regression', outputs: 1, pooling: 'first' },
  { folder: 'bert-hf-classification', outputs: 3, pooling: 'first' },
  { folder: 'bert-hf-classification', outputs: 3, pooling: 'mean' },
];

describe.each(cases)('$folder, pooling $pooling, compiled', ({ folder, outputs, pooling }) => {
  const path = join(import.meta.dirname, '..', '..', '..', 'fixtures', folder);
  let model: EncoderForSequenceClassification;
  let inputs: NamedTensors;
  let trained: CompiledFunction;
  let evaluated: CompiledFunction;

  function step(given: NamedTensors, dropout: DropoutSource | null): NamedTensors {
    const { labels, ...tokens } = given;
    if (labels === undefined) throw new Error('no labels');
    const loss = (): tf.Scalar => {
      const logits = model.logits(tokens, dropout);
      return outputs === 1
        ? tf.losses.meanSquaredError(labels, logits.reshape([-1])).asScalar()
        : tf.losses
            .softmaxCrossEntropy(tf.oneHot(tf.cast(labels, 'int32').as1D(), outputs), logits)
            .asScalar();
    };
    const { value, grads } = tf.variableGrads(loss, variables());
    return { loss: value, ...grads };
  }

  const variables = (): tf.Variable[] => model.parameters.map(({ variable }) => variable);

  beforeAll(async () => {
    model = await loadEncoder(path, { outputs, head: 'checkpoint', pooling });
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
    inputs['labels'] = tf.tensor1d([...fixture.labels]);
    evaluated = compile((given) => step(given, null), { variables: variables(), threads: 1 });
    trained = compile((given, { dropout }) => step(given, dropout), {
      variables: variables(),
      streams,
      threads: 1,
    });
  });

  afterAll(async () => {
    await Promise.all([trained.dispose(), evaluated.dispose()]);
    model.dispose();
    tf.dispose(inputs);
  });

  async function read(tensor: tf.Tensor | undefined): Promise<number[]> {
    if (tensor === undefined) throw new Error('no tensor');
    return Array.from(await tensor.data<'float32'>());
  }

  async function compare(actual: NamedTensors, expected: NamedTensors): Promise<void> {
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    const nameOf = new Map(model.parameters.map(({ name, variable }) => [variable.name, name]));
    const keyOf = new Map(model.parameters.map(({ name, variable }) => [name, variable.name]));
    for (const key of Object.keys(expected)) {
      const name = nameOf.get(key) ?? key;
      const reference = await read(expected[key]);
      const found = await read(actual[key]);
      expect(found).toHaveLength(reference.length);
      // A key bias has no gradient in exact arithmetic (softmax does not see it): compare it with the query bias's scale
      const scaleKey = keyOf.get(name.replace('self.key.bias', 'self.query.bias')) ?? key;
      const scale = Math.max(...(await read(expected[scaleKey])).map(Math.abs));
      const worst = Math.max(...reference.map((x, i) => Math.abs(x - (found[i] ?? NaN))));
      expect({ name, scale, worst, close: worst <= 1e-5 * scale }).toEqual({
        name,
        scale,
        worst,
        close: true,
      });
    }
  }

  it('gives the cpu backend’s loss and gradients', async () => {
    const expected = step(inputs, null);
    const actual = await evaluated.run(inputs);
    await compare(actual, expected);
    tf.dispose([expected, actual]);
  });

  it('gives them with dropout too, whose masks are new at each run', async () => {
    const losses = [];
    for (const draw of [0, 1, 2]) {
      const expected = step(inputs, eagerStreams(streams, draw).dropout);
      const actual = await trained.run(inputs);
      await compare(actual, expected);
      losses.push((await read(actual['loss']))[0]);
      tf.dispose([expected, actual]);
    }
    expect(new Set(losses).size).toBe(3);
  });

  it('reads the variables anew at each run', async () => {
    const variable = model.parameters.find(({ name }) => name === model.layers.at(-1)?.weight.name)?.variable;
    if (variable === undefined) throw new Error('no head');
    const before = tf.tidy(() => variable.clone());
    variable.assign(tf.tidy(() => tf.mul(variable, -1.5)));
    const expected = step(inputs, null);
    const actual = await evaluated.run(inputs);
    await compare(actual, expected);
    variable.assign(before);
    tf.dispose([expected, actual]);
  });
});
