/** Moving elements about: parts, joins, repeats, paddings, axes. */
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph.js';
import { sizeOf, type Value } from '../graph/value.js';
import { axesOf, axisOf, numberPairs, type KernelArguments } from '../trace/kernel-arguments.js';
import type { KernelFamily } from './kernel.js';

function concat(graph: Graph, inputs: readonly Value[], axis: number): Value {
  const parts = inputs.filter((x) => sizeOf(x.shape) > 0);
  const [first = inputs[0]] = parts;
  if (first === undefined) throw new Error('Concat: no inputs');
  if (parts.length < 2) return first;
  const length = parts.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0);
  const shape = first.shape.map((size, i) => (i === axis ? length : size));
  return graph.op('Concat', parts, shape, first.type, { axis });
}

function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): Value[] {
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((n, i) => (i === axis ? size : n)),
    type: x.type,
  }));
  return graph.ops('Split', [x, graph.int64s(sizes)], outputs, { axis });
}

/** Puts a constant around: [before, after] of each axis. */
export function pad(
  graph: Graph,
  x: Value,
  pairs: readonly (readonly [number, number])[],
  constant: number,
): Value {
  const shape = x.shape.map((size, i) => size + (pairs[i]?.[0] ?? 0) + (pairs[i]?.[1] ?? 0));
  const pads = [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)];
  return graph.op('Pad', [x, graph.int64s(pads), graph.scalar(constant, x.type)], shape, x.type);
}

/** ONNX mirrors without the edge ('reflect'), not with it ('symmetric'): both are written as a gather of each axis. */
function mirrorPad(graph: Graph, x: Value, args: KernelArguments): Value {
  const skip = args.text('mode') === 'reflect' ? 1 : 0;
  return numberPairs(args, 'paddings').reduce((padded, [before, after], axis) => {
    if (before + after === 0) return padded;
    const size = x.shape[axis] ?? 1;
    const indices = Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before;
      if (at < 0) return -at - 1 + skip;
      return at < size ? at : 2 * size - 1 - at - skip;
    });
    const shape = padded.shape.map((n, i) => (i === axis ? indices.length : n));
    return graph.op('Gather', [padded, graph.int64s(indices)], shape, x.type, { axis });
  }, x);
}

function tile(graph: Graph, x: Value, reps: readonly number[]): Value {
  const shape = x.shape.map((size, i) => size * (reps[i] ?? 1));
  if (x.shape.every((size, i) => size === 1 || reps[i] === 1)) return graph.expand(x, shape);
  return graph.op('Tile', [x, graph.int64s(reps)], shape, x.type);
}

export const arrangement: KernelFamily = {
  Concat: (graph, args) => {
    const inputs = args.list();
    return concat(graph, inputs, axisOf(args.number('axis'), inputs[0]?.shape.length ?? 0));
  },
  MirrorPad: (graph, args) => mirrorPad(graph, args.input('x'), args),
  Pack: (graph, args) => {
    const inputs = args.list();
    const axis = axisOf(args.number('axis'), (inputs[0]?.shape.length ?? 0) + 1);
    const layers = inputs.map((x) =>
      graph.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]),
    );
    return concat(graph, layers, axis);
  },
  PadV2: (graph, args) =>
    pad(graph, args.input('x'), numberPairs(args, 'paddings'), args.number('constantValue')),
  Reverse: (graph, args) => {
    const x = args.input('x');
    const axes = axesOf(args.attribute('dims'), x.shape.length);
    const isTurned = (axis: number): boolean => axes.includes(axis);
    return graph.slice(
      x,
      x.shape.map((size, axis) => (isTurned(axis) ? size - 1 : 0)),
      x.shape.map((size, axis) => (isTurned(axis) ? -1 : size)),
      x.shape.map((_, axis) => (isTurned(axis) ? -1 : 1)),
    );
  },
  Slice: (graph, args) => {
    const x = args.input('x');
    const [begin = [], size = []] = tf.slice_util.parseSliceParams(
      { dataId: {}, shape: [...x.shape], dtype: 'float32' },
      args.numbers('begin'),
      args.numbers('size'),
    );
    return graph.slice(
      x,
      begin,
      begin.map((from, i) => from + (size[i] ?? 0)),
    );
  },
  SplitV: (graph, args) => {
    const x = args.input('x');
    const axis = axisOf(args.number('axis'), x.shape.length);
    const length = x.shape[axis] ?? 0;
    const given = args.attribute('numOrSizeSplits');
    const sizes =
      typeof given === 'number'
        ? Array.from({ length: given }, () => length / given)
        : args.numbers('numOrSizeSplits');
    const rest = sizes.reduce((sum, size) => (size === -1 ? sum : sum + size), 0);
    return split(
      graph,
      x,
      sizes.map((size) => (size === -1 ? length - rest : size)),
      axis,
    );
  },
  StridedSlice: (graph, args) => {
    const x = args.input('x');
    const { finalShape, isIdentity, begin, end, strides } = tf.slice_util.sliceInfo(
      [...x.shape],
      args.numbers('begin'),
      args.numbers('end'),
      args.numbers('strides'),
      args.number('beginMask'),
      args.number('endMask'),
      args.number('ellipsisMask'),
      args.number('newAxisMask'),
      args.number('shrinkAxisMask'),
    );
    return graph.reshape(isIdentity ? x : graph.slice(x, begin, end, strides), finalShape);
  },
  Tile: (graph, args) => tile(graph, args.input('x'), args.numbers('reps')),
  Transpose: (graph, args) => graph.transpose(args.input('x'), args.numbers('perm')),
  Unpack: (graph, args) => {
    const x = args.input('value');
    const axis = axisOf(args.number('axis'), x.shape.length);
    const ones = Array.from({ length: x.shape[axis] ?? 0 }, () => 1);
    const shape = x.shape.filter((_, i) => i !== axis);
    return split(graph, x, ones, axis).map((part) => graph.reshape(part, shape));
  },
};
