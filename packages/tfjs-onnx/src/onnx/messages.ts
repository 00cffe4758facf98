/** The messages of onnx.proto3 that a model is made of: attributes, tensors, and what a value looks like from outside. */
import { Message } from './protobuf.js';
import type { Attribute, Data, ElementType } from '../graph/value.js';

/** TensorProto.DataType */
export const elementCodes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const satisfies Readonly<Record<ElementType | 'float16', number>>;
export const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};
/** AttributeProto.AttributeType */
export const attributeCodes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** What a model is written in. */
export interface ModelVersions {
  readonly irVersion: number;
  readonly opset: number;
}

/** What a protobuf message can hold: lengths are signed 32-bit integers. */
export const maxModelBytes = 2 ** 31 - 1;

/** One side of a value's shape: its length, or the name of a length that each run decides. */
export type Dimension = number | string;

export function attributeMessage(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if (name === 'to' && typeof attribute === 'string' && isElementType(attribute))
    return message.integer(3, elementCodes[attribute]).integer(20, attributeCodes.int);
  if (typeof attribute === 'number') return message.integer(3, attribute).integer(20, attributeCodes.int);
  if (typeof attribute === 'string') return message.text(4, attribute).integer(20, attributeCodes.string);
  if ('float' in attribute) return message.float(2, attribute.float).integer(20, attributeCodes.float);
  for (const value of attribute) message.integer(8, value);
  return message.integer(20, attributeCodes.ints);
}

const isElementType = (name: string): name is ElementType => name in elementBytes;

export function bytesOf(data: Data): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** TensorProto; the bytes are not copied. */
export function tensorMessage(
  name: string,
  { type, shape }: { readonly type: ElementType; readonly shape: readonly number[] },
  data: Data,
): Message {
  const message = new Message();
  for (const size of shape) message.integer(1, size);
  return message.integer(2, elementCodes[type]).text(8, name).bytes(9, bytesOf(data));
}

/** ValueInfoProto of a tensor. */
export function valueInfo(
  name: string,
  { type, shape }: { readonly type: keyof typeof elementCodes; readonly shape: readonly Dimension[] },
): Message {
  const dimensions = new Message();
  for (const size of shape) {
    const dimension = new Message();
    dimensions.message(1, typeof size === 'number' ? dimension.integer(1, size) : dimension.text(2, size));
  }
  const tensorType = new Message().integer(1, elementCodes[type]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

/** ModelProto of a GraphProto. */
export function modelMessage(graph: Message, { irVersion, opset }: ModelVersions): Message {
  return new Message()
    .integer(1, irVersion)
    .text(2, 'tfjs-onnx')
    .message(7, graph)
    .message(8, new Message().text(1, '').integer(2, opset));
}
