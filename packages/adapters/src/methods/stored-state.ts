/** Reading a stored state: everything is checked against the model before the first weight changes. */
import type { AdaptableLayer } from '../adaptable-layer.js';
import type { AdaptableModel } from '../model.js';
import type { Parameter } from '../parameter.js';
import { assignValues, readTensor } from '../tensor-data.js';
import type { TensorData } from '../tensor-data.js';
import type { MethodState } from './method.js';

/** Takes a state's tensors one by one, and knows in the end whether any was left over. */
export class StoredState {
  readonly #model: AdaptableModel;
  readonly #state: MethodState;
  readonly #left: Set<string>;

  constructor(model: AdaptableModel, state: MethodState) {
    this.#model = model;
    this.#state = state;
    this.#left = new Set(state.tensors.keys());
  }

  /** @throws when the tensor is missing or has another shape */
  take(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#state.tensors.get(name);
    if (tensor === undefined) throw new Error(`restoreMethod: the adapter lacks tensor ${name}`);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, i) => size !== shape[i])) {
      throw new Error(
        `restoreMethod: tensor ${name} must be [${shape.join(', ')}]; got [${tensor.shape.join(', ')}]`,
      );
    }
    this.#left.delete(name);
    return tensor.data;
  }

  /** The model's own parameters that the state holds, by the names given. @returns what gives them their values */
  takeParameters(names: readonly string[]): () => void {
    const parameters = new Map(this.#model.parameters.map((parameter) => [parameter.name, parameter]));
    const values = names.map((name) => {
      const parameter = parameters.get(name);
      if (parameter === undefined) throw new Error(`restoreMethod: the model has no parameter ${name}`);
      return { variable: parameter.variable, data: this.take(name, parameter.variable.shape) };
    });
    return () => {
      for (const { variable, data } of values) assignValues(variable, data);
    };
  }

  /** @throws when the model has no such layer, or it carries an adapter */
  layer(name: string): AdaptableLayer {
    const layer = this.#model.layers.find((candidate) => candidate.name === name);
    if (layer === undefined) throw new Error(`restoreMethod: the model has no layer ${name}`);
    if (layer.pair !== null) {
      throw new Error(
        `restoreMethod: ${name} carries an adapter already; restore on a model with its base weights`,
      );
    }
    return layer;
  }

  /** The entries of `layout.<key>`. @throws when it is no list of what `isEntry` accepts */
  list<T>(key: string, isEntry: (value: unknown) => value is T, expected: string): T[] {
    const entries = this.#state.layout[key];
    if (!Array.isArray(entries)) throw new Error(`restoreMethod: layout.${key} must be a list`);
    return entries.map((entry: unknown, index) => {
      if (isEntry(entry)) return entry;
      throw new Error(`restoreMethod: layout.${key}[${index}] must ${expected}`);
    });
  }

  /** The names in `layout.biases`, of the biases that the method trains. */
  biases(): string[] {
    return this.list('biases', (value) => typeof value === 'string', 'be a name');
  }

  /** @throws when the state holds tensors that nobody took */
  finish(): void {
    for (const name of this.#left)
      throw new Error(`restoreMethod: the model has no place for tensor ${name}`);
  }
}

/** Reads parameters of the model by name. */
export async function readParameters(parameters: readonly Parameter[]): Promise<Map<string, TensorData>> {
  return new Map(
    await Promise.all(
      parameters.map(async ({ name, variable }) => [name, await readTensor(variable)] as const),
    ),
  );
}
