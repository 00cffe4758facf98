/**
 * An ONNX model written by hand, node by node, whose values may have lengths that only a run decides (batch, sequence).
 * `compile` traces tfjs code for one set of shapes; this is for models that leave the package, for any runtime.
 *
 * Opset 17 and IR version 8 (ONNX 1.12): the first with LayerNormalization, and old enough for every runtime in use.
 */
import { attributeMessage, maxModelBytes, modelMessage, tensorMessage, valueInfo } from './messages.js';
import type { Dimension } from './messages.js';
import { Message } from './protobuf.js';
import { sizeOf } from '../graph/value.js';
import type { Attribute, Data, ElementType } from '../graph/value.js';

const versions = { irVersion: 8, opset: 17 };

/** Element type and shape of a graph's input or output; a side may be named instead of given. */
export interface SymbolicShape {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

const arrays: Readonly<Record<ElementType, string>> = {
  float32: 'Float32Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  bool: 'Uint8Array',
  uint8: 'Uint8Array',
};

export class OnnxBuilder {
  readonly #known = new Set<string>();
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];

  /** @param name the graph's name, as viewers show it */
  constructor(readonly name: string) {}

  /**
   * A value that each run is given.
   * @returns its name
   */
  input(name: string, value: SymbolicShape): string {
    this.#inputs.push(valueInfo(name, value));
    return this.#define(name);
  }

  /**
   * A tensor that is part of the model. The data are not copied before `finish`.
   * @returns its name
   * @throws when the array does not fit the type and shape
   */
  tensor(
    name: string,
    value: { readonly type: ElementType; readonly shape: readonly number[] },
    data: Data,
  ): string {
    const { type, shape } = value;
    if (data.length !== sizeOf(shape) || data[Symbol.toStringTag] !== arrays[type]) {
      throw new Error(
        `OnnxBuilder.tensor ${name}: data must be a ${arrays[type]} of ${sizeOf(shape)} values for ${type} ` +
          `[${shape.join(', ')}]; got a ${data[Symbol.toStringTag]} of ${data.length}`,
      );
    }
    this.#initializers.push(tensorMessage(name, value, data));
    return this.#define(name);
  }

  /**
   * Applies an operator with one output.
   * @param name the output's name, which is the node's too
   * @param inputs names of values that are there already
   * @returns the output's name
   */
  node(
    name: string,
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const message = new Message();
    for (const input of inputs) {
      this.#require(`node ${name}`, input);
      message.text(1, input);
    }
    message.text(2, name).text(3, name).text(4, operator);
    for (const [key, attribute] of Object.entries(attributes)) {
      message.message(5, attributeMessage(key, attribute));
    }
    this.#nodes.push(message);
    return this.#define(name);
  }

  /** Makes a value an output of the graph, under the value's own name. */
  output(name: string, value: SymbolicShape): void {
    this.#require('output', name);
    this.#outputs.push(valueInfo(name, value));
  }

  /**
   * The model as a file's bytes.
   * @throws when it is larger than a protobuf message can be, 2 GiB
   */
  finish(): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, this.name);
    for (const initializer of this.#initializers) graph.message(5, initializer);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    const model = modelMessage(graph, versions);
    if (model.size > maxModelBytes) {
      throw new Error(
        `OnnxBuilder.finish: an ONNX file must take at most ${maxModelBytes} bytes; this model takes ${model.size}`,
      );
    }
    return model.finish();
  }

  #define(name: string): string {
    if (this.#known.has(name))
      throw new Error(`OnnxBuilder: ${name} must be defined once; it is there already`);
    this.#known.add(name);
    return name;
  }

  #require(where: string, name: string): void {
    if (!this.#known.has(name)) throw new Error(`OnnxBuilder ${where}: there is no value ${name} yet`);
  }
}
