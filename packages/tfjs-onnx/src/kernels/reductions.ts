/** Reductions, positions of extremes, running sums, softmax. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import { axesOf, axisOf, type KernelArguments } from '../trace/kernel-arguments.js';
import type { KernelFamily, KernelRecorder } from './kernel.js';

const reduced = (graph: Graph, operator: string, x: Value, args: KernelArguments, axes = 'axis'): Value =>
  graph.reduce(operator, x, axesOf(args.attribute(axes), x.shape.length), args.flag('keepDims'));

const number = (graph: Graph, x: Value): Value => (x.type === 'bool' ? graph.cast(x, 'int32') : x);

const overNumbers =
  (operator: string, axes = 'axis'): KernelRecorder =>
  (graph, args) =>
    reduced(graph, operator, number(graph, args.input('x')), args, axes);

/** ONNX reduces no bools: 0 and 1 have a least and a largest. */
const overBools =
  (operator: string): KernelRecorder =>
  (graph, args) =>
    graph.cast(reduced(graph, operator, number(graph, graph.cast(args.input('x'), 'bool')), args), 'bool');

/** Gives int64; tfjs counts in int32. */
const position =
  (operator: string): KernelRecorder =>
  (graph, args) => {
    const x = number(graph, args.input('x'));
    const axis = axesOf(args.attribute('axis'), x.shape.length)[0] ?? 0;
    const shape = x.shape.filter((_, i) => i !== axis);
    return graph.cast(graph.op(operator, [x], shape, 'int64', { axis, keepdims: 0 }), 'int32');
  };

/**
 * Running products along an axis, which ONNX lacks: after step s each element is the product of the 2^(s+1) elements up to
 * it (Hillis & Steele 1986), so log₂ of the axis's length steps are enough.
 */
function cumulativeProduct(
  graph: Graph,
  x: Value,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): Value {
  const length = x.shape[axis] ?? 1;
  /** Moves the elements along the axis, away from the start; ones come in. */
  const moved = (y: Value, by: number): Value => {
    const from = x.shape.map((_, i) => (i === axis && reverse ? by : 0));
    const to = x.shape.map((size, i) => (i === axis && !reverse ? size - by : size));
    const kept = graph.slice(y, from, to);
    const before = x.shape.map((_, i) => (i === axis && !reverse ? by : 0));
    const after = x.shape.map((_, i) => (i === axis && reverse ? by : 0));
    const pads = graph.int64s([...before, ...after]);
    return graph.op('Pad', [kept, pads, graph.scalar(1, x.type)], x.shape, x.type);
  };
  let product = exclusive ? moved(x, 1) : x;
  for (let by = 1; by < length; by *= 2) product = graph.binary('Mul', product, moved(product, by));
  return product;
}

export const reductions: KernelFamily = {
  All: overBools('ReduceMin'),
  Any: overBools('ReduceMax'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Cumprod: (graph, args) => {
    const x = number(graph, args.input('x'));
    const axis = axisOf(args.number('axis'), x.shape.length);
    return cumulativeProduct(graph, x, axis, args.flag('exclusive'), args.flag('reverse'));
  },
  Cumsum: (graph, args) => {
    const x = number(graph, args.input('x'));
    const axis = graph.scalar(axisOf(args.number('axis'), x.shape.length), 'int64');
    return graph.op('CumSum', [x, axis], x.shape, x.type, {
      exclusive: args.flag('exclusive') ? 1 : 0,
      reverse: args.flag('reverse') ? 1 : 0,
    });
  },
  Max: overNumbers('ReduceMax', 'reductionIndices'),
  Mean: (graph, args) => reduced(graph, 'ReduceMean', graph.cast(args.input('x'), 'float32'), args),
  Min: overNumbers('ReduceMin'),
  Prod: overNumbers('ReduceProd'),
  Softmax: (graph, args) => {
    const x = graph.cast(args.input('logits'), 'float32');
    return graph.unary('Softmax', x, { axis: axisOf(args.number('dim'), x.shape.length) });
  },
  Sum: overNumbers('ReduceSum'),
  TopK: (graph, args) => {
    const x = number(graph, args.input('x'));
    const k = args.number('k');
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = graph.ops(
      'TopK',
      [x, graph.int64s([k])],
      [
        { shape, type: x.type },
        { shape, type: 'int64' },
      ],
      { axis: -1, largest: 1, sorted: 1 },
    );
    if (values === undefined || indices === undefined) throw new Error('TopK: two outputs expected');
    return [values, graph.cast(indices, 'int32')];
  },
};
