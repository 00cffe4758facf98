/** Reading and adding by index: gather, scatter, sums of segments. */
import type { Graph } from '../graph/graph.js';
import { sizeOf, type Value } from '../graph/value.js';
import { axisOf } from '../trace/kernel-arguments.js';
import type { KernelFamily } from './kernel.js';

/**
 * Gathers along an axis, index tensors and x sharing their first axes. GatherND wants the gathered axis first behind the
 * shared ones, and leaves the others behind the indices: hence the transposes.
 */
function batchedGather(graph: Graph, x: Value, indices: Value, axis: number, shared: number): Value {
  const rank = x.shape.length;
  const axes = Array.from({ length: rank }, (_, i) => i);
  const outer = axes.slice(shared, axis);
  const inner = axes.slice(axis + 1);
  const moved = graph.transpose(x, [...axes.slice(0, shared), axis, ...outer, ...inner]);
  const index = graph.reshape(graph.cast(indices, 'int64'), [...indices.shape, 1]);
  const gatheredShape = [...indices.shape, ...moved.shape.slice(shared + 1)];
  const gathered = graph.op('GatherND', [moved, index], gatheredShape, x.type, { batch_dims: shared });
  const count = indices.shape.length - shared;
  const at = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
  return graph.transpose(gathered, [
    ...at(0, shared),
    ...at(shared + count, outer.length),
    ...at(shared, count),
    ...at(shared + count + outer.length, inner.length),
  ]);
}

/** Adds rows to a tensor of zeros at indices [..., depth]. */
function scattered(graph: Graph, indices: Value, updates: Value, shape: readonly number[]): Value {
  const zeros = graph.full(shape, 0, updates.type);
  return graph.op('ScatterND', [zeros, graph.cast(indices, 'int64'), updates], shape, updates.type, {
    reduction: 'add',
  });
}

/** Up to this many segments, their sums are a product with a matrix of ones and zeros. */
const fewSegments = 16;

/**
 * out[s] = Σ x[i] over ids[i] = s; rows with an id outside 0..segments−1 count nowhere, as in TensorFlow.
 *
 * @param x [rows..., width...]
 * @param ids [rows...]
 */
function segmentSums(graph: Graph, x: Value, ids: Value, segments: number): Value {
  const rows = sizeOf(ids.shape);
  const width = sizeOf(x.shape) / Math.max(1, rows);
  const outShape = [segments, ...x.shape.slice(ids.shape.length)];
  const flat = graph.reshape(x, [rows, width]);
  const flatIds = graph.reshape(ids, [rows, 1]);
  if (segments <= fewSegments && x.type === 'float32') {
    const numbers = Array.from({ length: segments }, (_, i) => i);
    const isSegment = graph.binary('Equal', flatIds, graph.constant(numbers, [segments], 'int32'), 'bool');
    const ones = graph.transpose(graph.cast(isSegment, 'float32'), [1, 0]);
    return graph.reshape(graph.op('MatMul', [ones, flat], [segments, width], 'float32'), outShape);
  }
  const isBelow = graph.binary('Less', flatIds, graph.scalar(segments, 'int32'), 'bool');
  const isNatural = graph.binary('GreaterOrEqual', flatIds, graph.scalar(0, 'int32'), 'bool');
  const counts = graph.binary('And', isBelow, isNatural);
  const safeIds = graph.select(counts, flatIds, graph.scalar(0, 'int32'));
  const rowsThatCount = graph.select(counts, flat, graph.scalar(0, x.type));
  return graph.reshape(scattered(graph, safeIds, rowsThatCount, [segments, width]), outShape);
}

export const indexing: KernelFamily = {
  GatherNd: (graph, args) => {
    const params = args.input('params');
    const indices = args.input('indices');
    const depth = indices.shape.at(-1) ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return graph.op('GatherND', [params, graph.cast(indices, 'int64')], shape, params.type);
  },
  GatherV2: (graph, args) => {
    const x = args.input('x');
    const indices = args.input('indices');
    const axis = axisOf(args.number('axis'), x.shape.length);
    const shared = axisOf(args.number('batchDims'), indices.shape.length);
    if (shared > 0) return batchedGather(graph, x, indices, axis, shared);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return graph.op('Gather', [x, graph.cast(indices, 'int32')], shape, x.type, { axis });
  },
  ScatterNd: (graph, args) =>
    scattered(graph, args.input('indices'), args.input('updates'), args.numbers('shape')),
  TensorScatterUpdate: (graph, args) => {
    const tensor = args.input('tensor');
    const indices = graph.cast(args.input('indices'), 'int64');
    return graph.op('ScatterND', [tensor, indices, args.input('updates')], tensor.shape, tensor.type);
  },
  UnsortedSegmentSum: (graph, args) =>
    segmentSums(graph, args.input('x'), args.input('segmentIds'), args.number('numSegments')),
};
