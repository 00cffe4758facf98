/**
 * Work on rows in blocks, one after the other (ONNX's Scan): what is between the operators of a block stays in the
 * processor's cache, where operators over the whole arrays would each read and write the main memory. Scan takes and gives
 * its blocks in place, without copies.
 */
import type { Graph } from './graph.js';
import { sizeOf, type ElementType, type Value } from './value.js';

/** A block's array has at most this many elements: half a megabyte of float32, so that a few fit a core's cache. */
const largestBlock = 2 ** 17;
/** Blocks that would be smaller are not worth the start of each of their operators. */
const smallestBlock = 2 ** 14;
/** Arrays below this many elements, 2 MB of float32, stay in the cache by themselves. */
const smallestArray = 2 ** 19;

/** How many blocks the rows are cut into: 1 where blocks would not help. */
export function blockCount(rows: number, width: number): number {
  if (rows * width < smallestArray) return 1;
  let height = Math.min(rows, Math.floor(largestBlock / width));
  while (height > 1 && rows % height !== 0) height--;
  return height * width < smallestBlock ? 1 : rows / height;
}

/**
 * @param rows values [rows, width of each]
 * @param whole values that every block gets as they are
 * @param fn from the rows of one block, [rows / blocks, width of each], and from `whole`, to a value that it computes
 * @returns the values of the blocks, [blocks, ...shape of one]; one block of all rows where several don't help
 */
export function inBlocks<R extends string, W extends string>(
  graph: Graph,
  rows: Readonly<Record<R, Value>>,
  whole: Readonly<Record<W, Value>>,
  fn: (given: Readonly<Record<R | W, Value>>) => Value,
): Value {
  const shapes = Object.values<Value>(rows).map(({ shape }) => shape);
  const height = shapes[0]?.[0] ?? 1;
  const width = Math.max(...shapes.map((shape) => shape[1] ?? 1));
  const blocks = graph.options.inBlocks === true ? blockCount(height, width) : 1;
  if (blocks === 1) {
    const value = fn({ ...rows, ...whole });
    return graph.reshape(value, [1, ...value.shape]);
  }
  const parameters = mapValues(rows, ({ shape, type }) =>
    parameter([height / blocks, sizeOf(shape) / height], type),
  );
  const inside = mapValues(whole, ({ shape, type }) => parameter(shape, type));
  const result = fn({ ...parameters, ...inside });
  const names = Object.keys(rows) as R[];
  return graph.op(
    'Scan',
    names.map((name) => graph.reshape(rows[name], [blocks, ...parameters[name].shape])),
    [blocks, ...result.shape],
    result.type,
    { num_scan_inputs: names.length },
    {
      parameters: names.map((name) => parameters[name]),
      results: [result],
      captured: new Map((Object.keys(whole) as W[]).map((name) => [inside[name], whole[name]])),
    },
  );
}

const parameter = (shape: readonly number[], type: ElementType): Value => ({
  shape,
  type,
  source: { kind: 'parameter' },
});

function mapValues<K extends string>(
  values: Readonly<Record<K, Value>>,
  fn: (value: Value) => Value,
): Record<K, Value> {
  const entries = Object.entries<Value>(values).map(([name, value]) => [name, fn(value)]);
  return Object.fromEntries(entries) as Record<K, Value>;
}
