/** Tensors from numbers, and changes of type. */
import type { Graph } from '../graph/graph.js';
import { elementType } from '../trace/trace.js';
import { axisOf, type KernelArguments } from '../trace/kernel-arguments.js';
import type { KernelFamily, KernelRecorder } from './kernel.js';
import type { ElementType, Value } from '../graph/value.js';

function typeOf(args: KernelArguments, otherwise: ElementType): ElementType {
  switch (args.optionalText('dtype')) {
    case undefined:
      return otherwise;
    case 'float32':
      return 'float32';
    case 'int32':
      return 'int32';
    case 'bool':
      return 'bool';
    default:
      return elementType('string', `${args.kernelName}'s dtype`);
  }
}

const filled =
  (value: number): KernelRecorder =>
  (graph, args) => {
    const x = args.input('x');
    return graph.full(x.shape, value, x.type);
  };

/** on where an index is a class's number, off elsewhere (everywhere, if the index is out of range). */
function oneHot(graph: Graph, indices: Value, args: KernelArguments): Value {
  const depth = args.number('depth');
  const on = args.number('onValue');
  const off = args.number('offValue');
  const classes = graph.constant(
    Array.from({ length: depth }, (_, i) => i),
    [depth],
    'int32',
  );
  const column = graph.reshape(graph.cast(indices, 'int32'), [...indices.shape, 1]);
  const isClass = graph.binary('Equal', column, classes, 'bool');
  const type = typeOf(args, 'int32');
  if (on === 1 && off === 0) return graph.cast(isClass, type);
  return graph.select(isClass, graph.scalar(on, type), graph.scalar(off, type));
}

export const creation: KernelFamily = {
  Cast: (graph, args) => graph.cast(args.input('x'), typeOf(args, 'float32')),
  ExpandDims: (graph, args) => {
    const x = args.input('input');
    const axis = axisOf(args.number('dim'), x.shape.length + 1);
    return graph.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
  },
  Fill: (graph, args) => graph.full(args.numbers('shape'), args.number('value'), typeOf(args, 'float32')),
  Identity: (_, args) => args.input('x'),
  LinSpace: (graph, args) => {
    const count = args.number('num');
    const start = args.number('start');
    const step = count === 1 ? 0 : (args.number('stop') - start) / (count - 1);
    return graph.constant(
      Array.from({ length: count }, (_, i) => start + i * step),
      [count],
      'float32',
    );
  },
  OneHot: (graph, args) => oneHot(graph, args.input('indices'), args),
  OnesLike: filled(1),
  Range: (graph, args) => {
    const start = args.number('start');
    const stop = args.number('stop');
    const direction = start < stop ? 1 : -1;
    // As tfjs: a step of 1 turns round by itself
    const step = args.number('step') === 1 ? direction : args.number('step');
    const count = Math.max(0, Math.ceil((stop - start) / step));
    return graph.constant(
      Array.from({ length: count }, (_, i) => start + i * step),
      [count],
      typeOf(args, 'float32'),
    );
  },
  Reshape: (graph, args) => {
    const x = args.input('x');
    const shape = args.numbers('shape');
    const size = x.shape.reduce((product, n) => product * n, 1);
    const rest = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
    return graph.reshape(
      x,
      shape.map((n) => (n === -1 ? size / rest : n)),
    );
  },
  ZerosLike: filled(0),
};
