/**
 * Kernels of this package's own operations (src/fused): fewer passes over large arrays than the operators of the composed
 * tfjs ops take, which processors spend waiting for their memory.
 */
import { inBlocks } from '../graph/blocks.js';
import type { Graph } from '../graph/graph.js';
import { sizeOf, type Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';
import type { KernelFamily } from './kernel.js';

/** [rows, last axis] */
function asRows(graph: Graph, x: Value): Value {
  const width = x.shape.at(-1) ?? 1;
  return graph.reshape(x, [sizeOf(x.shape) / Math.max(1, width), width]);
}

const lastMean = (graph: Graph, x: Value): Value => graph.reduce('ReduceMean', x, [x.shape.length - 1], true);

/** x̂ = (x − μ) / √(σ² + ε) */
const normalised = (graph: Graph, x: Value, mean: Value, inverse: Value): Value =>
  graph.binary('Mul', graph.binary('Sub', x, mean), inverse);

/**
 * dy ⊙ (Φ(x) + x φ(x)). With z = x/√2, Φ = ½ (1 + erf z) is one operator (HardSigmoid: ½ e + ½, cut to 0..1), and
 * x φ = z e^(−z²)/√π is a quotient by e^(z²), which spares the change of sign: where that overflows, it is 0 as it must be.
 */
function geluGradient(graph: Graph, x: Value, dy: Value): Value {
  const number = (value: number): Value => graph.scalar(value, 'float32');
  const z = graph.binary('Mul', x, number(Math.SQRT1_2));
  const half = { float: 0.5 };
  const cdf = graph.unary('HardSigmoid', graph.unary('Erf', z), { alpha: half, beta: half });
  const growth = graph.unary('Exp', graph.binary('Mul', z, z));
  const slope = graph.binary('Mul', graph.binary('Div', z, growth), number(1 / Math.sqrt(Math.PI)));
  return graph.binary('Mul', dy, graph.binary('Add', cdf, slope));
}

interface NormArguments {
  readonly x: Value;
  readonly mean: Value;
  readonly inverse: Value;
  readonly dy: Value;
}

/** (g − mean(g) − x̂ mean(g ⊙ x̂)) / √(σ² + ε), g = γ ⊙ dy */
function layerNormGradient(
  graph: Graph,
  { x, mean, inverse, gamma, dy }: NormArguments & { readonly gamma: Value },
): Value {
  const xHat = normalised(graph, x, mean, inverse);
  const scaled = graph.binary('Mul', dy, gamma);
  const projection = graph.binary('Mul', xHat, lastMean(graph, graph.binary('Mul', scaled, xHat)));
  const centred = graph.binary('Sub', scaled, lastMean(graph, scaled));
  return graph.binary('Mul', graph.binary('Sub', centred, projection), inverse);
}

/** Σ dy ⊙ x̂ over the rows, [1, width] */
function layerNormScaleGradient(graph: Graph, { x, mean, inverse, dy }: NormArguments): Value {
  return graph.reduce('ReduceSum', graph.binary('Mul', dy, normalised(graph, x, mean, inverse)), [0], true);
}

/** dy ⊙ y − y Σ(dy ⊙ y) over the last axis */
function softmaxGradient(graph: Graph, y: Value, dy: Value): Value {
  const product = graph.binary('Mul', dy, y);
  const sum = graph.reduce('ReduceSum', product, [product.shape.length - 1], true);
  return graph.binary('Sub', product, graph.binary('Mul', y, sum));
}

/** The inputs of a layer norm's gradients as rows. */
const normArguments = (graph: Graph, args: KernelArguments): NormArguments => ({
  x: asRows(graph, args.input('x')),
  mean: asRows(graph, args.input('mean')),
  inverse: asRows(graph, args.input('inverse')),
  dy: asRows(graph, args.input('dy')),
});

export const fused = {
  /** x, mask (uint8) → scale · mask ⊙ x: the mask becomes 0 and `scale` in one pass */
  FusedDropout: (graph, args) => {
    const mask = args.input('mask');
    const scale = graph.scalar(args.number('scale'), 'float32');
    const factors = graph.op('DequantizeLinear', [mask, scale], mask.shape, 'float32');
    return graph.binary('Mul', args.input('x'), factors);
  },
  FusedGelu: (graph, args) => graph.unary('Gelu', args.input('x')),
  FusedGeluGradient: (graph, args) => {
    const x = args.input('x');
    const rows = { x: asRows(graph, x), dy: asRows(graph, args.input('dy')) };
    return graph.reshape(
      inBlocks(graph, rows, {}, (block) => geluGradient(graph, block.x, block.dy)),
      x.shape,
    );
  },
  /** x, γ, β → y, μ, 1 / √(σ² + ε) */
  FusedLayerNorm: (graph, args) => {
    const x = args.input('x');
    const { shape, type } = x;
    const statistic = { shape: [...shape.slice(0, -1), 1], type };
    return graph.ops(
      'LayerNormalization',
      [x, args.input('gamma'), args.input('beta')],
      [{ shape, type }, statistic, statistic],
      { axis: -1, epsilon: { float: args.number('epsilon') } },
    );
  },
  FusedLayerNormGradient: (graph, args) =>
    graph.reshape(
      inBlocks(graph, normArguments(graph, args), { gamma: args.input('gamma') }, (block) =>
        layerNormGradient(graph, block),
      ),
      args.input('x').shape,
    ),
  FusedLayerNormScaleGradient: (graph, args) => {
    const sums = inBlocks(graph, normArguments(graph, args), {}, (block) =>
      layerNormScaleGradient(graph, block),
    );
    return graph.reduce('ReduceSum', sums, [0, 1], false);
  },
  FusedSoftmaxGradient: (graph, args) => {
    const y = args.input('y');
    const rows = { y: asRows(graph, y), dy: asRows(graph, args.input('dy')) };
    return graph.reshape(
      inBlocks(graph, rows, {}, (block) => softmaxGradient(graph, block.y, block.dy)),
      y.shape,
    );
  },
} satisfies KernelFamily;

export type FusedKernel = keyof typeof fused;
