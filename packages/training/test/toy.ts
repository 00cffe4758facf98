/** A tiny text classifier for tests of the loop: mean of word vectors, tanh layer, head. Padding is id 0. */
import { Linear } from '@ggm-peft/adapters';
import type {
  AdaptableLayer,
  DropoutSource,
  Parameter,
  ParameterRole,
  TrainableModel,
} from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import type { BatchSource } from '../src/index.js';

const words = 20;
const width = 8;

export class ToyClassifier implements TrainableModel {
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  readonly #table: Parameter;
  readonly #hidden: Linear;
  readonly #head: Linear;

  constructor(outputs: number) {
    const normal = normals(seededGenerator(5));
    const parameters: Parameter[] = [];
    const add = (name: string, shape: number[], role: ParameterRole): Parameter => {
      const size = shape.reduce((product, side) => product * side, 1);
      const data = Float32Array.from({ length: size }, () => 0.5 * normal());
      const variable = tf.tidy(() => tf.variable(tf.tensor(data, shape)));
      const parameter = { name, variable, role };
      parameters.push(parameter);
      return parameter;
    };
    this.#table = add('words.weight', [words, width], 'encoder');
    const linear = (name: string, out: number, role: ParameterRole): Linear =>
      new Linear(name, add(`${name}.weight`, [out, width], role), add(`${name}.bias`, [out], role));
    this.#hidden = linear('encoder.query', width, 'encoder');
    this.#head = linear('head', outputs, 'head');
    this.layers = [this.#hidden, this.#head];
    this.parameters = parameters;
  }

  logits(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor2D {
    const { ids } = inputs;
    if (ids === undefined) throw new Error('ids are missing');
    const [batch = 0] = ids.shape;
    const mask = tf.cast(tf.notEqual(ids, 0), 'float32').expandDims(2); // [batch, length, 1]
    const vectors = tf.mul(tf.gather(this.#table.variable, tf.cast(ids, 'int32')), mask);
    const mean = tf.div(tf.sum(vectors, 1), tf.sum(mask, 1)); // [batch, width]
    const kept = dropout === null ? mean : dropout.apply(mean, 0.1);
    const out = this.#head.apply(tf.tanh(this.#hidden.apply(kept)));
    return out.as2D(batch, this.#head.outFeatures);
  }

  async values(): Promise<Record<string, number[]>> {
    const values: Record<string, number[]> = {};
    for (const { name, variable } of this.parameters) values[name] = [...(await variable.data())];
    return values;
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }
}

/** Texts of 1 to 9 words; the label (class or score) tells whether high word ids prevail. */
export function toySource(size: number, seed = 1): BatchSource & { readonly labels: readonly number[] } {
  const generator = seededGenerator(seed);
  const texts = Array.from({ length: size }, () =>
    Array.from({ length: 1 + generator.below(9) }, () => 1 + generator.below(words - 1)),
  );
  const labels = texts.map((text) =>
    text.reduce((sum, id) => sum + id, 0) / text.length > words / 2 ? 1 : 0,
  );
  return {
    size,
    labels,
    length: (index) => texts[index]?.length ?? 0,
    batch: (indices, padTo) => {
      const length = padTo ?? Math.max(...indices.map((index) => texts[index]?.length ?? 0));
      const data = new Int32Array(indices.length * length);
      indices.forEach((index, row) => {
        data.set(texts[index] ?? [], row * length);
      });
      return {
        inputs: { ids: { data, shape: [indices.length, length] } },
        labels: Float32Array.from(indices, (index) => labels[index] ?? NaN),
      };
    },
  };
}
