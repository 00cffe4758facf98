/**
 * Convolutions of images, plain and by channel, and their gradients. tfjs keeps channels last, ONNX first: data are
 * transposed on the way in and out (ONNX Runtime removes pairs of transposes that meet).
 *
 * By the input: the transposed convolution. By the filter: a convolution of the input, batch and channels exchanged,
 * with dy as its filter, strides and dilations exchanged as well.
 */
import * as tf from '@tensorflow/tfjs';
import type { Attributes, Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';
import { activate } from './activations.js';
import type { KernelFamily } from './kernel.js';
import { four, padOf, pairOf, roundingOf, toChannelsFirst, toChannelsLast } from './images.js';

type ConvInfo = tf.backend_util.Conv2DInfo;

function infoOf(
  args: KernelArguments,
  shape: readonly number[],
  filter: readonly number[],
  depthwise: boolean,
): ConvInfo {
  if ((args.optionalText('dataFormat') ?? 'NHWC') !== 'NHWC')
    throw new Error(`${args.kernelName}: only the data format NHWC can be compiled`);
  const dilations = args.attribute('dilations') === undefined ? [1, 1] : pairOf(args, 'dilations');
  return tf.backend_util.computeConv2DInfo(
    four(shape),
    four(filter),
    pairOf(args, 'strides'),
    [dilations[0] ?? 1, dilations[1] ?? 1],
    padOf(args),
    roundingOf(args),
    depthwise,
  );
}

const geometry = (info: ConvInfo): { pads: number[]; strides: number[]; dilations: number[] } => ({
  pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
  strides: [info.strideHeight, info.strideWidth],
  dilations: [info.dilationHeight, info.dilationWidth],
});

/** [h, w, in, out] → [out, in, h, w]; by channel, [h, w, in, m] → [in · m, 1, h, w]. */
function filterFirst(graph: Graph, filter: Value, depthwise: boolean): Value {
  if (!depthwise) return graph.transpose(filter, [3, 2, 0, 1]);
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape;
  return graph.reshape(graph.transpose(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function forward(graph: Graph, args: KernelArguments, depthwise: boolean): Value {
  const x = args.input('x');
  const filter = args.input('filter');
  const info = infoOf(args, x.shape, filter.shape, depthwise);
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  const attributes: Attributes = { ...geometry(info), group: depthwise ? info.inChannels : 1 };
  const inputs = [toChannelsFirst(graph, x), filterFirst(graph, filter, depthwise)];
  return toChannelsLast(graph, graph.op('Conv', inputs, shape, 'float32', attributes));
}

function byInput(graph: Graph, args: KernelArguments, depthwise: boolean): Value {
  const dy = args.input('dy');
  const filter = args.input('filter');
  const info = infoOf(args, args.numbers('inputShape'), filter.shape, depthwise);
  const { pads, strides, dilations } = geometry(info);
  // What the forward pass's last window did not reach
  const missing = [
    info.inHeight -
      ((info.outHeight - 1) * info.strideHeight +
        info.effectiveFilterHeight -
        (pads[0] ?? 0) -
        (pads[2] ?? 0)),
    info.inWidth -
      ((info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth - (pads[1] ?? 0) - (pads[3] ?? 0)),
  ];
  const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const inputs = [toChannelsFirst(graph, dy), filterFirst(graph, filter, depthwise)];
  const transposed = graph.op('ConvTranspose', inputs, shape, 'float32', {
    pads,
    strides,
    dilations,
    output_padding: missing,
    group: depthwise ? info.inChannels : 1,
  });
  return toChannelsLast(graph, transposed);
}

function byFilter(graph: Graph, args: KernelArguments, depthwise: boolean): Value {
  const x = args.input('x');
  const dy = args.input('dy');
  const info = infoOf(args, x.shape, args.numbers('filterShape'), depthwise);
  const { pads, strides, dilations } = geometry(info);
  const { inChannels, outChannels, batchSize, filterHeight, filterWidth } = info;
  const exchanged = graph.transpose(x, [3, 0, 1, 2]); // [in, batch, h, w]
  const data = depthwise
    ? graph.reshape(exchanged, [1, inChannels * batchSize, info.inHeight, info.inWidth])
    : exchanged;
  // The far padding that gives the filter's size; what the windows never reached is cut off
  const far = [
    (filterHeight - 1) * (dilations[0] ?? 1) +
      (info.outHeight - 1) * info.strideHeight +
      1 -
      info.inHeight -
      (pads[0] ?? 0),
    (filterWidth - 1) * (dilations[1] ?? 1) +
      (info.outWidth - 1) * info.strideWidth +
      1 -
      info.inWidth -
      (pads[1] ?? 0),
  ];
  const padding = far.map((n) => Math.max(0, n));
  const reached = [filterHeight, filterWidth].map(
    (n, i) => n + Math.floor(((padding[i] ?? 0) - (far[i] ?? 0)) / (dilations[i] ?? 1)),
  );
  const leading = depthwise ? [1, outChannels] : [inChannels, outChannels];
  const full = graph.op(
    'Conv',
    [data, graph.transpose(dy, [3, 0, 1, 2])],
    [...leading, ...reached],
    'float32',
    {
      pads: [...pads.slice(0, 2), ...padding],
      strides: dilations,
      dilations: strides,
      group: depthwise ? inChannels : 1,
    },
  );
  const cut = graph.slice(full, [0, 0, 0, 0], [...leading, filterHeight, filterWidth]);
  if (!depthwise) return graph.transpose(cut, [2, 3, 0, 1]);
  const multiplier = outChannels / inChannels;
  return graph.transpose(
    graph.reshape(cut, [inChannels, multiplier, filterHeight, filterWidth]),
    [2, 3, 0, 1],
  );
}

function fused(graph: Graph, args: KernelArguments, depthwise: boolean): Value {
  const bias = args.optionalInput('bias');
  const convolved = forward(graph, args, depthwise);
  return activate(graph, bias === undefined ? convolved : graph.binary('Add', convolved, bias), args);
}

export const convolutions: KernelFamily = {
  Conv2D: (graph, args) => forward(graph, args, false),
  Conv2DBackpropFilter: (graph, args) => byFilter(graph, args, false),
  Conv2DBackpropInput: (graph, args) => byInput(graph, args, false),
  DepthwiseConv2dNative: (graph, args) => forward(graph, args, true),
  DepthwiseConv2dNativeBackpropFilter: (graph, args) => byFilter(graph, args, true),
  DepthwiseConv2dNativeBackpropInput: (graph, args) => byInput(graph, args, true),
  FusedConv2D: (graph, args) => fused(graph, args, false),
  FusedDepthwiseConv2D: (graph, args) => fused(graph, args, true),
};
