/**
 * A graph of ONNX operators (opset 20) under construction. Every value's shape is known, so shapes never have to be
 * computed by the graph itself. Nodes that no output needs are left out when the model is written (onnx/model.ts).
 *
 * Simplified on the spot, as tfjs's gradients emit them in numbers: reshapes and casts that change nothing, products with
 * ones, sums with zeros, and repetitions (Tile, Fill) that a binary operator can broadcast by itself.
 */
import {
  sameShape,
  sizeOf,
  uniformOf,
  type Attribute,
  type Body,
  type Data,
  type ElementType,
  type Node,
  type Value,
} from './value.js';

export type Attributes = Readonly<Record<string, Attribute>>;

/** The shape that numpy's broadcasting gives. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new Error(`broadcast: shapes [${a.join(', ')}] and [${b.join(', ')}] do not agree`);
    return x === 1 ? y : x;
  });
}

/** The inputs of a broadcasting operator, without the repetitions that it does by itself. */
function unexpanded(inputs: readonly Value[], shape: readonly number[]): Value[] {
  return inputs.reduce<Value[]>(
    (list, value, i) => {
      if (value.broadcastOf === undefined) return list;
      const shorter = list.with(i, value.broadcastOf);
      const reached = shorter.map((input) => input.shape).reduce(broadcastShape, []);
      return sameShape(reached, shape) ? shorter : list;
    },
    [...inputs],
  );
}

function arrayOf(type: ElementType, values: readonly number[]): Data {
  switch (type) {
    case 'float32':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, (x) => BigInt(Math.trunc(x)));
    case 'bool':
      return Uint8Array.from(values, (x) => (x === 0 ? 0 : 1));
    case 'uint8':
      return Uint8Array.from(values);
  }
}

export interface GraphOptions {
  /** Whether rows are worked on in blocks that fit the processor's cache (graph/blocks.ts). Default false. */
  readonly inBlocks?: boolean;
}

export class Graph {
  constructor(readonly options: GraphOptions = {}) {}

  /** A value that each run is given. */
  fed(name: string, shape: readonly number[], type: ElementType): Value {
    return { shape, type, source: { kind: 'fed', name } };
  }

  data(data: Data, shape: readonly number[], type: ElementType): Value {
    return { shape, type, source: { kind: 'constant', data } };
  }

  constant(values: readonly number[], shape: readonly number[], type: ElementType): Value {
    return this.data(arrayOf(type, values), shape, type);
  }

  scalar(value: number, type: ElementType): Value {
    return this.constant([value], [], type);
  }

  /** A list of integers for an operator's shape, axes or index argument. */
  int64s(values: readonly number[]): Value {
    return this.constant(values, [values.length], 'int64');
  }

  /** Any operator with one output. */
  op(
    operator: string,
    inputs: readonly Value[],
    shape: readonly number[],
    type: ElementType,
    attributes: Attributes = {},
    body?: Body,
  ): Value {
    const [value] = this.ops(operator, inputs, [{ shape, type }], attributes, body);
    if (value === undefined) throw new Error(`Graph.op: ${operator} has no output`);
    return value;
  }

  ops(
    operator: string,
    inputs: readonly Value[],
    outputs: readonly Omit<Value, 'source'>[],
    attributes: Attributes = {},
    body?: Body,
  ): Value[] {
    const values: Value[] = [];
    const node: Node = { operator, inputs, outputs: values, attributes, ...(body && { body }) };
    for (const output of outputs) values.push({ ...output, source: { kind: 'node', node } });
    return values;
  }

  unary(operator: string, x: Value, attributes: Attributes = {}): Value {
    return this.op(operator, [x], x.shape, x.type, attributes);
  }

  /** A broadcasting operator of two values. */
  binary(operator: string, a: Value, b: Value, type: ElementType = a.type): Value {
    const shape = broadcastShape(a.shape, b.shape);
    const simpler = this.#simplified(operator, a, b, shape, type);
    if (simpler !== undefined) return simpler;
    return this.op(operator, unexpanded([a, b], shape), shape, type);
  }

  cast(x: Value, type: ElementType): Value {
    if (x.type === type) return x;
    if (x.source.kind === 'constant' && sizeOf(x.shape) <= 1024) {
      const numbers = Array.from(x.source.data, Number);
      if (numbers.every((n) => Number.isFinite(n)))
        return this.constant(
          type === 'float32' || type === 'bool' ? numbers : numbers.map(Math.trunc),
          x.shape,
          type,
        );
    }
    if (x.broadcastOf !== undefined) return this.expand(this.cast(x.broadcastOf, type), x.shape);
    return this.op('Cast', [x], x.shape, type, { to: type });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    if (x.source.kind === 'constant') return this.data(x.source.data, shape, x.type);
    const uniform = uniformOf(x);
    if (uniform !== undefined) return this.full(shape, uniform, x.type);
    return this.op('Reshape', [x, this.int64s(shape)], shape, x.type);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return x;
    const shape = perm.map((axis) => x.shape[axis] ?? 1);
    return this.op('Transpose', [x], shape, x.type, { perm });
  }

  /** Repeats along axes of length 1 (and new leading ones). */
  expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    const ranked = this.reshape(x, [
      ...Array.from({ length: shape.length - x.shape.length }, () => 1),
      ...x.shape,
    ]);
    if (sameShape(ranked.shape, shape)) return ranked;
    const origin = ranked.broadcastOf ?? ranked;
    const [expanded] = this.ops(
      'Expand',
      [origin, this.int64s(shape)],
      [{ shape, type: x.type, broadcastOf: origin }],
    );
    return expanded ?? ranked;
  }

  /** One number everywhere. */
  full(shape: readonly number[], value: number, type: ElementType): Value {
    const one = this.constant(
      [value],
      shape.map(() => 1),
      type,
    );
    return this.expand(one, shape);
  }

  /** ONNX's Slice: ends are exclusive; a negative stride's end below 0 means that index 0 is included. */
  slice(
    x: Value,
    begin: readonly number[],
    end: readonly number[],
    strides: readonly number[] = begin.map(() => 1),
  ): Value {
    const shape = begin.map((from, i) =>
      Math.max(0, Math.ceil(((end[i] ?? from) - from) / (strides[i] ?? 1))),
    );
    if (sameShape(shape, x.shape) && strides.every((stride) => stride === 1)) return x;
    const ends = end.map((to, i) => ((strides[i] ?? 1) < 0 && to < 0 ? -(2 ** 31) : to));
    const axes = begin.map((_, i) => i);
    return this.op(
      'Slice',
      [x, this.int64s(begin), this.int64s(ends), this.int64s(axes), this.int64s(strides)],
      shape,
      x.type,
    );
  }

  select(condition: Value, whenTrue: Value, whenFalse: Value): Value {
    const shape = broadcastShape(broadcastShape(condition.shape, whenTrue.shape), whenFalse.shape);
    // ONNX Runtime's Where has no bool
    if (whenTrue.type === 'bool')
      return this.cast(
        this.select(condition, this.cast(whenTrue, 'int32'), this.cast(whenFalse, 'int32')),
        'bool',
      );
    return this.op('Where', unexpanded([condition, whenTrue, whenFalse], shape), shape, whenTrue.type);
  }

  /** ReduceSum and its like over some axes; [] leaves the value as it is. */
  reduce(operator: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
    if (axes.length === 0) return x;
    return this.op(operator, [x, this.int64s(axes)], shape, x.type, { keepdims: keepDims ? 1 : 0 });
  }

  #simplified(
    operator: string,
    a: Value,
    b: Value,
    shape: readonly number[],
    type: ElementType,
  ): Value | undefined {
    if (type !== a.type || type === 'bool') return undefined;
    const neutral = { Mul: 1, Add: 0, Sub: 0, Div: 1 }[operator];
    if (neutral === undefined) return undefined;
    if (uniformOf(b) === neutral) return this.expand(a, shape);
    const commutes = operator === 'Mul' || operator === 'Add';
    if (commutes && uniformOf(a) === neutral) return this.expand(b, shape);
    return undefined;
  }
}
