/** Pooling of images and its gradients, as tfjs's cpu backend defines them. */
import * as tf from '@tensorflow/tfjs';
import type { Attributes, Graph } from '../graph/graph.js';
import { sizeOf, type Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';
import { four, padOf, pairOf, roundingOf, toChannelsFirst, toChannelsLast } from './images.js';
import type { KernelFamily } from './kernel.js';

type PoolInfo = tf.backend_util.Conv2DInfo;

const infoOf = (args: KernelArguments, shape: readonly number[]): PoolInfo =>
  tf.backend_util.computePool2DInfo(
    four(shape),
    pairOf(args, 'filterSize'),
    pairOf(args, 'strides'),
    1,
    padOf(args),
    roundingOf(args),
  );

const geometry = (info: PoolInfo): { pads: number[]; strides: number[]; kernel_shape: number[] } => ({
  kernel_shape: [info.filterHeight, info.filterWidth],
  pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
  strides: [info.strideHeight, info.strideWidth],
});

const outShape = (info: PoolInfo): number[] => [
  info.batchSize,
  info.outChannels,
  info.outHeight,
  info.outWidth,
];

/** The largest of each window [batch, channels, h, w], and its position in the input as ONNX counts it: flat. */
function maxPool(graph: Graph, x: Value, info: PoolInfo): [Value, Value] {
  const shape = outShape(info);
  const [values, positions] = graph.ops(
    'MaxPool',
    [toChannelsFirst(graph, x)],
    [
      { shape, type: x.type },
      { shape, type: 'int64' },
    ],
    geometry(info),
  );
  if (values === undefined || positions === undefined) throw new Error('MaxPool: two outputs expected');
  return [values, positions];
}

/** dy is added at the position of its window's largest element. */
function maxPoolGradient(graph: Graph, args: KernelArguments): Value {
  const x = args.input('input');
  const dy = args.input('dy');
  const info = infoOf(args, x.shape);
  const [, positions] = maxPool(graph, x, info);
  const zeros = graph.full([sizeOf(x.shape)], 0, 'float32');
  const flatPositions = graph.reshape(positions, [sizeOf(dy.shape)]);
  const flat = graph.reshape(toChannelsFirst(graph, dy), [sizeOf(dy.shape)]);
  const sums = graph.op('ScatterElements', [zeros, flatPositions, flat], zeros.shape, 'float32', {
    axis: 0,
    reduction: 'add',
  });
  const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  return toChannelsLast(graph, graph.reshape(sums, shape));
}

/**
 * dy / (h w), spread over each window: a transposed convolution with a constant filter. tfjs divides by the window's full
 * size even at the edges, where its forward pass averages over the elements that are there; so do we.
 */
function averagePoolGradient(graph: Graph, args: KernelArguments): Value {
  const x = args.input('input');
  const dy = args.input('dy');
  const info = infoOf(args, x.shape);
  const { pads, strides } = geometry(info);
  const window = [info.filterHeight, info.filterWidth];
  const filter = graph.full([info.inChannels, 1, ...window], 1 / sizeOf(window), 'float32');
  const missing = [
    info.inHeight -
      ((info.outHeight - 1) * info.strideHeight + info.filterHeight - (pads[0] ?? 0) - (pads[2] ?? 0)),
    info.inWidth -
      ((info.outWidth - 1) * info.strideWidth + info.filterWidth - (pads[1] ?? 0) - (pads[3] ?? 0)),
  ];
  const attributes: Attributes = { pads, strides, output_padding: missing, group: info.inChannels };
  const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const spread = graph.op(
    'ConvTranspose',
    [toChannelsFirst(graph, dy), filter],
    shape,
    'float32',
    attributes,
  );
  return toChannelsLast(graph, spread);
}

export const pooling: KernelFamily = {
  AvgPool: (graph, args) => {
    const x = args.input('x');
    const info = infoOf(args, x.shape);
    const pooled = graph.op('AveragePool', [toChannelsFirst(graph, x)], outShape(info), 'float32', {
      ...geometry(info),
      count_include_pad: 0,
    });
    return toChannelsLast(graph, pooled);
  },
  AvgPoolGrad: averagePoolGradient,
  MaxPool: (graph, args) => {
    const x = args.input('x');
    return toChannelsLast(graph, maxPool(graph, x, infoOf(args, x.shape))[0]);
  },
  MaxPoolGrad: maxPoolGradient,
};
