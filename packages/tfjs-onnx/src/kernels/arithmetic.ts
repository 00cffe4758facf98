/** Arithmetic of two tensors, with broadcasting. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelFamily, KernelRecorder } from './kernel.js';

type Binary = (graph: Graph, a: Value, b: Value) => Value;

/** ONNX has no arithmetic of bools: through int32. */
const arithmeticOf =
  (fn: Binary): KernelRecorder =>
  (graph, args) => {
    const a = args.input('a');
    const b = args.input('b');
    if (a.type !== 'bool') return fn(graph, a, b);
    return graph.cast(fn(graph, graph.cast(a, 'int32'), graph.cast(b, 'int32')), 'bool');
  };

const direct = (operator: string): KernelRecorder =>
  arithmeticOf((graph, a, b) => graph.binary(operator, a, b));

const isNegative = (graph: Graph, x: Value): Value =>
  graph.binary('Less', x, graph.scalar(0, x.type), 'bool');

/** ⌊a / b⌋, int32 for floats too. Integer division truncates in ONNX: one less where a remainder's sign is not the divisor's. */
const floorDiv: Binary = (graph, a, b) => {
  const quotient = graph.binary('Div', a, b);
  if (a.type === 'float32') return graph.cast(graph.unary('Floor', quotient), 'int32');
  const remainder = graph.binary('Sub', a, graph.binary('Mul', quotient, b));
  const isUneven = graph.unary('Not', graph.binary('Equal', remainder, graph.scalar(0, a.type), 'bool'));
  const signsDiffer = graph.binary('Xor', isNegative(graph, remainder), isNegative(graph, b));
  const excess = graph.cast(graph.binary('And', isUneven, signsDiffer), a.type);
  return graph.binary('Sub', quotient, excess);
};

/** The remainder with the divisor's sign. Floats: ONNX's fmod has the dividend's. */
const mod: Binary = (graph, a, b) => {
  if (a.type !== 'float32') return graph.binary('Mod', a, b);
  const fmod = (x: Value, y: Value): Value => {
    const shape = graph.binary('Add', x, y).shape;
    return graph.op('Mod', [x, y], shape, 'float32', { fmod: 1 });
  };
  const remainder = fmod(a, b);
  const signsDiffer = graph.binary('Xor', isNegative(graph, a), isNegative(graph, b));
  return graph.select(signsDiffer, fmod(graph.binary('Add', remainder, b), b), remainder);
};

/** The angle of the point (x, y) = (b, a): atan(y/x), turned by π where x < 0, ±π/2 where x = 0. */
const atan2: Binary = (graph, y, x) => {
  const number = (value: number): Value => graph.scalar(value, 'float32');
  const angle = graph.unary('Atan', graph.binary('Div', y, x));
  const turn = graph.select(isNegative(graph, y), number(-Math.PI), number(Math.PI));
  const left = graph.select(isNegative(graph, x), graph.binary('Add', angle, turn), angle);
  const upright = graph.binary('Mul', graph.unary('Sign', y), number(Math.PI / 2));
  return graph.select(graph.binary('Equal', x, number(0), 'bool'), upright, left);
};

export const arithmetic: KernelFamily = {
  Add: direct('Add'),
  AddN: (graph, args) => {
    const [first, ...rest] = args.list();
    if (first === undefined) throw new Error('AddN: no inputs');
    return rest.reduce((sum, x) => graph.binary('Add', sum, x), first);
  },
  Atan2: arithmeticOf(atan2),
  BitwiseAnd: direct('BitwiseAnd'),
  FloorDiv: arithmeticOf(floorDiv),
  Maximum: direct('Max'),
  Minimum: direct('Min'),
  Mod: arithmeticOf(mod),
  Multiply: direct('Mul'),
  Pow: direct('Pow'),
  RealDiv: direct('Div'),
  SquaredDifference: arithmeticOf((graph, a, b) => {
    const difference = graph.binary('Sub', a, b);
    return graph.binary('Mul', difference, difference);
  }),
  Sub: direct('Sub'),
};
