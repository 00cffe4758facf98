/** Activation functions, the kernels of their gradients, and clipping. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';
import type { KernelFamily } from './kernel.js';

const zero = (graph: Graph, like: Value): Value => graph.scalar(0, like.type);

const isPositive = (graph: Graph, x: Value): Value => graph.binary('Greater', x, zero(graph, x), 'bool');

/** x where x ≥ 0, αx elsewhere. */
export function leakyRelu(graph: Graph, x: Value, alpha: Value): Value {
  const isNegative = graph.binary('Less', x, zero(graph, x), 'bool');
  return graph.select(isNegative, graph.binary('Mul', x, alpha), x);
}

function clip(graph: Graph, x: Value, least: number, most: number): Value {
  return graph.op('Clip', [x, graph.scalar(least, x.type), graph.scalar(most, x.type)], x.shape, x.type);
}

const relu = (graph: Graph, x: Value): Value =>
  x.type === 'float32' ? graph.unary('Relu', x) : graph.binary('Max', x, zero(graph, x));

const onFloat = (graph: Graph, args: KernelArguments): Value => graph.cast(args.input('x'), 'float32');

/** The activation that a fused kernel names; undefined and 'linear' change nothing. */
export function activate(graph: Graph, x: Value, args: KernelArguments): Value {
  const name = args.optionalText('activation') ?? 'linear';
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return relu(graph, x);
    case 'relu6':
      return clip(graph, x, 0, 6);
    case 'elu':
      return graph.unary('Elu', x);
    case 'sigmoid':
      return graph.unary('Sigmoid', x);
    case 'leakyrelu':
      return leakyRelu(graph, x, graph.scalar(args.number('leakyreluAlpha'), 'float32'));
    case 'prelu':
      return leakyRelu(graph, x, args.input('preluActivationWeights'));
    default:
      throw new Error(`${args.kernelName}: activation ${name} is not known`);
  }
}

export const activations: KernelFamily = {
  ClipByValue: (graph, args) =>
    clip(graph, args.input('x'), args.number('clipValueMin'), args.number('clipValueMax')),
  Elu: (graph, args) => graph.unary('Elu', onFloat(graph, args)),
  // dy where y ≥ 0, dy (y + 1) elsewhere
  EluGrad: (graph, args) => {
    const y = args.input('y');
    const dy = args.input('dy');
    const isNegative = graph.binary('Less', y, zero(graph, y), 'bool');
    const scaled = graph.binary('Mul', dy, graph.binary('Add', y, graph.scalar(1, 'float32')));
    return graph.select(isNegative, scaled, dy);
  },
  LeakyRelu: (graph, args) =>
    leakyRelu(graph, args.input('x'), graph.scalar(args.number('alpha'), 'float32')),
  Prelu: (graph, args) => leakyRelu(graph, args.input('x'), args.input('alpha')),
  Relu: (graph, args) => relu(graph, args.input('x')),
  Relu6: (graph, args) => clip(graph, args.input('x'), 0, 6),
  Selu: (graph, args) =>
    graph.unary('Selu', onFloat(graph, args), {
      alpha: { float: 1.6732632423543772 },
      gamma: { float: 1.0507009873554805 },
    }),
  Softplus: (graph, args) => graph.unary('Softplus', onFloat(graph, args)),
  // 1 where x > 0, α elsewhere, NaN where x is
  Step: (graph, args) => {
    const x = args.input('x');
    const step = graph.select(
      isPositive(graph, x),
      graph.scalar(1, x.type),
      graph.scalar(args.number('alpha'), x.type),
    );
    if (x.type !== 'float32') return step;
    return graph.select(graph.op('IsNaN', [x], x.shape, 'bool'), x, step);
  },
};
