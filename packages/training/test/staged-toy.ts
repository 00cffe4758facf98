/**
 * A model in three stages for tests of what is kept between them: word vectors and two stages that mix the tokens, then a
 * head on the first one.
 */
import { Linear, noProgress } from '@ggm-peft/adapters';
import type {
  AdaptableLayer,
  AttachedMethod,
  DropoutSource,
  Parameter,
  ParameterRole,
  Reallocation,
  Stage,
  StagedModel,
  Trainable,
} from '@ggm-peft/adapters';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

const words = 20;
export const width = 6;
export const headStage = 2;

type Inputs = Readonly<Record<string, tf.Tensor>>;

export class StagedToy implements StagedModel {
  readonly width = width;
  readonly layers: readonly AdaptableLayer[];
  readonly parameters: readonly Parameter[];
  readonly stages: readonly Stage[];
  /** Stages in which dropout was on. */
  readonly droppedIn = new Set<number>();
  /** Calls of `prefix`. */
  prefixes = 0;
  readonly #table: Parameter;
  readonly #mixers: readonly Linear[];
  readonly #head: Linear;

  constructor() {
    const normal = normals(seededGenerator(5));
    const parameter = (name: string, shape: number[], role: ParameterRole): Parameter => {
      const size = shape.reduce((product, side) => product * side, 1);
      const data = Float32Array.from({ length: size }, () => 0.5 * normal());
      return { name, variable: tf.tidy(() => tf.variable(tf.tensor(data, shape))), role };
    };
    const linear = (name: string, out: number, role: ParameterRole): Linear =>
      new Linear(
        name,
        parameter(`${name}.weight`, [out, width], role),
        parameter(`${name}.bias`, [out], role),
      );
    this.#table = parameter('words.weight', [words, width], 'encoder');
    this.#mixers = [linear('layer.0', width, 'encoder'), linear('layer.1', width, 'encoder')];
    this.#head = linear('head', 2, 'head');
    this.layers = [...this.#mixers, this.#head];
    this.stages = this.layers.map((layer, stage) => ({
      parameters: [
        ...(stage === 0 ? [this.#table] : []),
        layer.weight,
        ...(layer.bias === null ? [] : [layer.bias]),
      ],
      layers: [layer],
      tokens: stage === headStage ? 'first' : 'all',
    }));
    this.parameters = this.stages.flatMap(({ parameters }) => parameters);
  }

  logits(inputs: Inputs, dropout: DropoutSource | null): tf.Tensor2D {
    return this.#classify(this.#mix(0, headStage, this.#embed(inputs), inputs, dropout), dropout);
  }

  prefix(stage: number, inputs: Inputs): tf.Tensor {
    this.prefixes++;
    const states = this.#mix(0, stage, this.#embed(inputs), inputs, null);
    return stage === headStage ? firstToken(states) : states;
  }

  logitsFrom(stage: number, hidden: tf.Tensor, inputs: Inputs, dropout: DropoutSource | null): tf.Tensor2D {
    return this.#classify(this.#mix(stage, headStage, hidden, inputs, dropout), dropout);
  }

  async values(): Promise<number[][]> {
    return Promise.all(this.parameters.map(async ({ variable }) => [...(await variable.data())]));
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }

  #embed(inputs: Inputs): tf.Tensor {
    return tf.gather(this.#table.variable, idsOf(inputs));
  }

  #mix(
    from: number,
    to: number,
    hidden: tf.Tensor,
    inputs: Inputs,
    dropout: DropoutSource | null,
  ): tf.Tensor {
    return this.#mixers.slice(from, to).reduce((states, layer, i) => {
      const mask = tf.cast(tf.notEqual(idsOf(inputs), 0), 'float32').expandDims(2); // [batch, length, 1]
      const mean = tf.div(tf.sum(tf.mul(states, mask), 1, true), tf.sum(mask, 1, true)); // [batch, 1, width]
      return tf.tanh(layer.apply(this.#drop(from + i, tf.add(states, mean), dropout)));
    }, hidden);
  }

  #classify(states: tf.Tensor, dropout: DropoutSource | null): tf.Tensor2D {
    const rows = this.#drop(headStage, firstToken(states).reshape([-1, width]), dropout);
    return this.#head.apply(rows).as2D(rows.size / width, 2);
  }

  #drop(stage: number, x: tf.Tensor, dropout: DropoutSource | null): tf.Tensor {
    if (dropout === null) return x;
    this.droppedIn.add(stage);
    return dropout.apply(x, 0.2);
  }
}

function idsOf({ ids }: Inputs): tf.Tensor {
  if (ids === undefined) throw new Error('ids are missing');
  return ids;
}

function firstToken(states: tf.Tensor): tf.Tensor {
  const [batch = 0] = states.shape;
  return states.slice([0, 0, 0], [batch, 1, width]);
}

/**
 * A method that trains the stages from one on, with another set from the second epoch on where `later` is given.
 * @param onReallocation called when the set changes
 */
export function trainingFrom(
  model: StagedToy,
  stage: number,
  later: number | null = null,
  onReallocation: () => void = () => undefined,
): AttachedMethod {
  const from = (first: number): readonly Trainable[] =>
    model.stages.slice(first).flatMap(({ parameters }) => parameters);
  let trainables = from(stage);
  return {
    name: 'full',
    settledEpoch: later === null ? 0 : 1,
    observesSteps: false,
    allocation: null,
    pending: null,
    trainables: () => trainables,
    checkPlan: () => undefined,
    startEpoch: (epoch) => {
      if (later === null || epoch !== 1) return Promise.resolve(null);
      trainables = from(later);
      onReallocation();
      const reallocation: Reallocation = { trainables, origins: new Map(), allocation };
      return Promise.resolve(reallocation);
    },
    afterStep: () => Promise.resolve(),
    progress: () => Promise.resolve(noProgress),
    resume: () => Promise.resolve(),
    state: () => Promise.resolve({ method: 'full', tensors: new Map(), layout: {} }),
    deltas: () => Promise.resolve(new Map()),
    dispose: () => undefined,
  };
}

const allocation: Reallocation['allocation'] = {
  selection: 'none',
  nodes: [],
  selected: [],
  important: [],
  strengths: new Float64Array(),
  dead: [],
  samples: 2,
  solver: null,
};
