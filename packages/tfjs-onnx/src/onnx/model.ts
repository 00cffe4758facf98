/**
 * Writes what the outputs of a graph need as an ONNX model (IR version 9, opset 20; field numbers from onnx.proto3).
 * Walks back from the outputs, so nodes that nothing needs are never written.
 */
import {
  attributeCodes,
  attributeMessage,
  bytesOf,
  elementBytes,
  maxModelBytes,
  modelMessage,
  tensorMessage,
  valueInfo,
} from './messages.js';
import { Message } from './protobuf.js';
import { sizeOf, type Body, type Data, type Node, type Value } from '../graph/value.js';

export const compiledVersions = { irVersion: 9, opset: 20 };

/** A model and the values that must be fed to it: those that its outputs depend on. */
export interface WrittenModel {
  readonly bytes: Uint8Array;
  readonly fed: ReadonlySet<string>;
  /** Names of large constants, which are fed at each run rather than copied into the model. */
  readonly fedConstants: ReadonlyMap<string, Value>;
  /** How many nodes were written, for reports and tests. */
  readonly nodeCount: number;
  /** Bytes of all that the nodes compute: an upper bound of the memory that a run needs besides what it is fed. */
  readonly computedBytes: number;
}

/**
 * @param outputs values by output name
 * @param largestConstant constants with more bytes than this are fed
 * @param halved fed values that come as float16. Each node that takes one gets a cast of its own: so a copy in float32 is
 *   there for one node only, not from the first that takes it, in a forward pass, to the last, in its gradient
 */
export function writeModel(
  outputs: ReadonlyMap<string, Value>,
  largestConstant: number,
  halved: ReadonlySet<string> = new Set(),
): WrittenModel {
  const graph = new Message();
  const names = new Map<Value, string>();
  const casts: Value[] = [];
  const nodes: Message[] = [];
  const fed = new Map<string, Value>();
  const fedConstants = new Map<string, Value>();
  const constants = new Map<string, Value>();
  const pooled = new Map<string, string>();

  const nameConstant = (value: Value, data: Data): string => {
    const key =
      data.length > 16 ? undefined : `${value.type}[${value.shape.join()}]${[...bytesOf(data)].join()}`;
    const known = key === undefined ? undefined : pooled.get(key);
    if (known !== undefined) return known;
    const name = `constant:${constants.size + fedConstants.size}`;
    if (data.byteLength > largestConstant) fedConstants.set(name, value);
    else constants.set(name, value);
    if (key !== undefined) pooled.set(key, name);
    return name;
  };
  const nameOf = (value: Value): string => {
    let name = names.get(value);
    if (name !== undefined) return name;
    if (value.source.kind === 'constant') name = nameConstant(value, value.source.data);
    else if (value.source.kind === 'fed') {
      name = `fed:${value.source.name}`;
      fed.set(value.source.name, value);
    } else name = `value:${names.size}`;
    names.set(value, name);
    return name;
  };

  const isHalved = (value: Value): boolean => value.source.kind === 'fed' && halved.has(value.source.name);
  const castMessage = (from: string, to: string, { type }: Value): Message =>
    new Message().text(1, from).text(2, to).text(4, 'Cast').message(5, attributeMessage('to', type));
  /** The name of a node's input; before it, the cast of one that comes as float16. */
  const operandOf = (value: Value): string => {
    if (!isHalved(value)) return nameOf(value);
    const cast = `cast:${casts.length}`;
    graph.message(1, castMessage(nameOf(value), cast, value));
    casts.push(value);
    return cast;
  };
  const nodeMessage = (
    node: Node,
    inputName: (value: Value) => string,
    outputName: (value: Value) => string = nameOf,
  ): Message => {
    const message = new Message();
    for (const input of node.inputs) message.text(1, inputName(input));
    for (const output of node.outputs) message.text(2, outputName(output));
    message.text(4, node.operator);
    for (const [name, attribute] of Object.entries(node.attributes))
      message.message(5, attributeMessage(name, attribute));
    if (node.body !== undefined)
      message.message(
        5,
        new Message().text(1, 'body').message(6, bodyMessage(node.body)).integer(20, attributeCodes.graph),
      );
    return message;
  };
  const addNode = (node: Node): void => {
    const [table] = node.inputs;
    if (node.operator !== 'Gather' || table === undefined || !isHalved(table)) {
      nodes.push(nodeMessage(node, operandOf));
      return;
    }
    // The rows that are gathered are few, the table has many: rows are cast
    const rowsName = (rows: Value): string => `float16:${nameOf(rows)}`;
    nodes.push(nodeMessage(node, nameOf, rowsName));
    for (const rows of node.outputs) {
      nodes.push(castMessage(rowsName(rows), nameOf(rows), rows));
      casts.push(rows);
    }
  };
  // Its constants join the model's, which are visible inside
  const bodyMessage = ({ parameters, results, captured }: Body): Message => {
    for (const [inside, outside] of captured) names.set(inside, operandOf(outside));
    const message = new Message();
    for (const node of inOrder(results)) message.message(1, nodeMessage(node, nameOf));
    message.text(2, 'body');
    for (const parameter of parameters) message.message(11, valueInfo(nameOf(parameter), parameter));
    for (const result of results) message.message(12, valueInfo(nameOf(result), result));
    return message;
  };

  const order = inOrder([...outputs.values()]);
  for (const node of order) addNode(node);
  for (const [name, value] of outputs) {
    const message = new Message().text(1, operandOf(value)).text(2, `output:${name}`).text(4, 'Identity');
    nodes.push(message);
  }
  // Behind the casts: of a node's inputs ONNX Runtime computes first what stands last, and a cast shall wait for the others
  for (const message of nodes) graph.message(1, message);
  graph.text(2, 'tfjs');
  for (const [name, value] of constants)
    if (value.source.kind === 'constant') graph.message(5, tensorMessage(name, value, value.source.data));
  for (const [name, { shape, type }] of fed)
    graph.message(11, valueInfo(`fed:${name}`, { shape, type: halved.has(name) ? 'float16' : type }));
  for (const [name, value] of fedConstants) graph.message(11, valueInfo(name, value));
  for (const [name, value] of outputs) graph.message(12, valueInfo(`output:${name}`, value));

  const model = modelMessage(graph, compiledVersions);
  if (model.size > maxModelBytes)
    throw new Error(
      `compile: the model would take ${model.size} bytes, a protobuf message at most ${maxModelBytes}; declare large tensors as variables or lower largestConstant`,
    );
  const computedBytes = [...casts, ...order.flatMap(({ outputs: computed }) => computed)].reduce(
    (sum, { shape, type }) => sum + sizeOf(shape) * elementBytes[type],
    0,
  );
  return {
    bytes: model.finish(),
    fed: new Set(fed.keys()),
    fedConstants,
    nodeCount: order.length + casts.length,
    computedBytes,
  };
}

/** Every node that the values need, each after those that it needs itself. Iterative: graphs are deeper than the stack. */
function inOrder(values: readonly Value[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  const stack: { readonly needs: readonly Value[]; readonly node: Node; next: number }[] = [];
  const visit = (value: Value): void => {
    if (value.source.kind !== 'node' || done.has(value.source.node)) return;
    const { node } = value.source;
    done.add(node);
    stack.push({ needs: [...node.inputs, ...(node.body?.captured.values() ?? [])], node, next: 0 });
  };
  for (const value of values) {
    visit(value);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.needs[top.next++];
      if (input !== undefined) visit(input);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}
