/** Elementwise functions of one tensor. Those that ONNX lacks are composed so that they stay accurate near zero. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { Attributes } from '../graph/graph.js';
import type { KernelFamily, KernelRecorder } from './kernel.js';

/** Applies a float function; integers go through float32 and come back, as tfjs's cpu backend's typed arrays do. */
function onFloats(graph: Graph, x: Value, fn: (x: Value) => Value): Value {
  return x.type === 'float32' ? fn(x) : graph.cast(fn(graph.cast(x, 'float32')), x.type);
}

const direct =
  (operator: string, attributes: Attributes = {}): KernelRecorder =>
  (graph, args) =>
    onFloats(graph, args.input('x'), (x) => graph.unary(operator, x, attributes));

const composed =
  (fn: (graph: Graph, x: Value) => Value): KernelRecorder =>
  (graph, args) =>
    onFloats(graph, args.input('x'), (x) => fn(graph, x));

const number = (graph: Graph, value: number): Value => graph.scalar(value, 'float32');

/** e^x − 1 = tanh(x/2) (e^x + 1), which does not cancel near 0. */
function expm1(graph: Graph, x: Value): Value {
  const half = graph.unary('Tanh', graph.binary('Mul', x, number(graph, 0.5)));
  return graph.binary('Mul', half, graph.binary('Add', graph.unary('Exp', x), number(graph, 1)));
}

/** log(1 + x) = log(u) x / (u − 1) with u = 1 + x as rounded (Higham 2002, §1.14.1), x itself where u = 1 or infinite. */
function log1p(graph: Graph, x: Value): Value {
  const u = graph.binary('Add', x, number(graph, 1));
  const rest = graph.binary('Sub', u, number(graph, 1));
  const quotient = graph.binary('Div', x, rest);
  const accurate = graph.binary('Mul', graph.unary('Log', u), quotient);
  const isExact = graph.op(
    'Or',
    [
      graph.op('Equal', [u, number(graph, 1)], x.shape, 'bool'),
      graph.op('IsInf', [u], x.shape, 'bool', { detect_negative: 0 }),
    ],
    x.shape,
    'bool',
  );
  return graph.select(isExact, x, accurate);
}

function isFinite(graph: Graph, x: Value): Value {
  const infinite = graph.op('IsInf', [x], x.shape, 'bool');
  const nan = graph.op('IsNaN', [x], x.shape, 'bool');
  return graph.unary('Not', graph.op('Or', [infinite, nan], x.shape, 'bool'));
}

const test =
  (fn: (graph: Graph, x: Value) => Value): KernelRecorder =>
  (graph, args) =>
    fn(graph, graph.cast(args.input('x'), 'float32'));

export const elementwise: KernelFamily = {
  Abs: direct('Abs'),
  Acos: direct('Acos'),
  Acosh: direct('Acosh'),
  Asin: direct('Asin'),
  Asinh: direct('Asinh'),
  Atan: direct('Atan'),
  Atanh: direct('Atanh'),
  Ceil: direct('Ceil'),
  Cos: direct('Cos'),
  Cosh: direct('Cosh'),
  Erf: direct('Erf'),
  Exp: direct('Exp'),
  Expm1: composed(expm1),
  Floor: direct('Floor'),
  IsFinite: test(isFinite),
  IsInf: test((graph, x) => graph.op('IsInf', [x], x.shape, 'bool')),
  IsNan: test((graph, x) => graph.op('IsNaN', [x], x.shape, 'bool')),
  Log: direct('Log'),
  Log1p: composed(log1p),
  LogicalNot: (graph, args) => graph.unary('Not', graph.cast(args.input('x'), 'bool')),
  Neg: (graph, args) => graph.unary('Neg', args.input('x')),
  Reciprocal: direct('Reciprocal'),
  Round: direct('Round'),
  Rsqrt: composed((graph, x) => graph.unary('Reciprocal', graph.unary('Sqrt', x))),
  Sigmoid: direct('Sigmoid'),
  Sign: direct('Sign'),
  Sin: direct('Sin'),
  Sinh: direct('Sinh'),
  Sqrt: direct('Sqrt'),
  Square: (graph, args) => graph.binary('Mul', args.input('x'), args.input('x')),
  Tan: direct('Tan'),
  Tanh: direct('Tanh'),
};
