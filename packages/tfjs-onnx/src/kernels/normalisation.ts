/** Batch normalisation with given statistics: y = γ (x − μ) / √(σ² + ε) + β. */
import type { KernelFamily } from './kernel.js';

export const normalisation: KernelFamily = {
  FusedBatchNorm: (graph, args) => {
    const scale = args.optionalInput('scale') ?? graph.scalar(1, 'float32');
    const offset = args.optionalInput('offset') ?? graph.scalar(0, 'float32');
    const epsilon = graph.scalar(args.number('varianceEpsilon'), 'float32');
    const deviation = graph.unary('Sqrt', graph.binary('Add', args.input('variance'), epsilon));
    const centred = graph.binary('Sub', args.input('x'), args.input('mean'));
    const scaled = graph.binary('Mul', centred, graph.binary('Div', scale, deviation));
    return graph.binary('Add', scaled, offset);
  },
};
