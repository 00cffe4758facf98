/** Matrix products. Transposed operands are written as Transpose, which ONNX Runtime fuses into its product. */
import type { Graph } from '../graph/graph.js';
import { broadcastShape } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';
import { activate } from './activations.js';
import type { KernelFamily } from './kernel.js';

function transposed(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  return graph.transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

/** [..., m, k] · [..., k, n]; either may come transposed. */
function product(graph: Graph, args: KernelArguments): Value {
  const a = args.flag('transposeA') ? transposed(graph, args.input('a')) : args.input('a');
  const b = args.flag('transposeB') ? transposed(graph, args.input('b')) : args.input('b');
  const shape = [
    ...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    a.shape.at(-2) ?? 1,
    b.shape.at(-1) ?? 1,
  ];
  return graph.op('MatMul', [a, b], shape, a.type);
}

export const products: KernelFamily = {
  BatchMatMul: product,
  Einsum: (graph, args) => {
    const inputs = args.list();
    const equation = args.text('equation').replaceAll(' ', '');
    const [left = '', right = ''] = equation.split('->');
    const sizes = new Map<string, number>();
    for (const [i, letters] of left.split(',').entries()) {
      for (const [axis, letter] of letters.split('').entries())
        sizes.set(letter, inputs[i]?.shape[axis] ?? 1);
    }
    const shape = right.split('').map((letter) => sizes.get(letter) ?? 1);
    return graph.op('Einsum', inputs, shape, inputs[0]?.type ?? 'float32', { equation });
  },
  _FusedMatMul: (graph, args) => {
    const bias = args.optionalInput('bias');
    const multiplied = product(graph, args);
    return activate(graph, bias === undefined ? multiplied : graph.binary('Add', multiplied, bias), args);
  },
};
