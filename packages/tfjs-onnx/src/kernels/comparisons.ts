/** Comparisons, logic and choice. All but Select give bools. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelFamily, KernelRecorder } from './kernel.js';

function compared(graph: Graph, operator: string, a: Value, b: Value): Value {
  // ONNX orders no bools
  const isBool = a.type === 'bool' && operator !== 'Equal';
  const number = (x: Value): Value => (isBool ? graph.cast(x, 'int32') : x);
  return graph.binary(operator, number(a), number(b), 'bool');
}

const comparison =
  (operator: string): KernelRecorder =>
  (graph, args) =>
    compared(graph, operator, args.input('a'), args.input('b'));

const logic =
  (operator: string): KernelRecorder =>
  (graph, args) =>
    graph.binary(operator, graph.cast(args.input('a'), 'bool'), graph.cast(args.input('b'), 'bool'));

export const comparisons: KernelFamily = {
  Equal: comparison('Equal'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logic('And'),
  LogicalOr: logic('Or'),
  NotEqual: (graph, args) => graph.unary('Not', compared(graph, 'Equal', args.input('a'), args.input('b'))),
  // A condition of rank 1 chooses whole rows
  Select: (graph, args) => {
    const condition = graph.cast(args.input('condition'), 'bool');
    const whenTrue = args.input('t');
    const rows = condition.shape.length === 1 ? whenTrue.shape.slice(1).map(() => 1) : [];
    return graph.select(graph.reshape(condition, [...condition.shape, ...rows]), whenTrue, args.input('e'));
  },
};
