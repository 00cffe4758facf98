/** What flows in a recorded graph: values with a static shape, made by nodes, fed from outside, or constant. */

/** Element types that the graph knows. tfjs has float32, int32 and bool; ONNX wants int64 for shapes and indices. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'uint8';

export type Data = Float32Array | Int32Array | Uint8Array | BigInt64Array;

export type Attribute = number | { readonly float: number } | string | readonly number[];

/** A graph inside of a node (ONNX's attribute `body`), with values of its own. */
export interface Body {
  readonly parameters: readonly Value[];
  readonly results: readonly Value[];
  /** Values of the graph outside, by the values that stand for them inside. */
  readonly captured: ReadonlyMap<Value, Value>;
}

/** One application of an ONNX operator. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly body?: Body;
}

/** Where a value comes from. */
export type Source =
  | { readonly kind: 'node'; readonly node: Node }
  /** Part of the model, written into it. */
  | { readonly kind: 'constant'; readonly data: Data }
  /** Given at each run under this name. */
  | { readonly kind: 'fed'; readonly name: string }
  /** Given to a node's body. */
  | { readonly kind: 'parameter' };

export interface Value {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly source: Source;
  /** The smaller value that this one repeats along axes, of the same rank, if it does: binary operators take it instead. */
  readonly broadcastOf?: Value;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, x) => product * x, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** The one number that all elements have, where that is known: of a constant with one element, or of its repetition. */
export function uniformOf(value: Value): number | undefined {
  const origin = value.broadcastOf ?? value;
  if (origin.source.kind !== 'constant' || origin.source.data.length !== 1) return undefined;
  return Number(origin.source.data[0]);
}
