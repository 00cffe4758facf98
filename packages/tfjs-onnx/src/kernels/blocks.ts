/** Blocks of an image moved to the batch or from the channels, as pads, reshapes and transposes; tfjs's own arithmetic of shapes. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../graph/value.js';
import { numberPairs } from '../trace/kernel-arguments.js';
import { pad } from './arrangement.js';
import type { KernelFamily } from './kernel.js';

const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util;

export const blocks: KernelFamily = {
  BatchToSpaceND: (graph, args) => {
    const x = args.input('x');
    const block = args.numbers('blockShape');
    const crops = numberPairs(args, 'crops');
    const size = sizeOf(block);
    const parts = getReshaped([...x.shape], block, size);
    const permuted = graph.transpose(graph.reshape(x, parts), getPermuted(parts.length, block.length));
    const whole = getReshapedPermuted([...x.shape], block, size);
    // Both leave out the axes behind the blocks
    const begin = getSliceBeginCoords(crops, block.length);
    const sizes = getSliceSize(whole, crops, block.length);
    const from = whole.map((_, i) => begin[i] ?? 0);
    return graph.slice(
      graph.reshape(permuted, whole),
      from,
      from.map((start, i) => start + (sizes[i] ?? whole[i] ?? 0)),
    );
  },
  // Channels [row in block, column in block, depth]
  DepthToSpace: (graph, args) => {
    const x = args.input('x');
    const block = args.number('blockSize');
    if (args.text('dataFormat') !== 'NHWC')
      throw new Error('DepthToSpace: only the data format NHWC can be compiled');
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    const depth = channels / block ** 2;
    const split = graph.reshape(x, [batch, height, width, block, block, depth]);
    const woven = graph.transpose(split, [0, 1, 3, 2, 4, 5]); // [batch, h, block, w, block, depth]
    return graph.reshape(woven, [batch, height * block, width * block, depth]);
  },
  FlipLeftRight: (graph, args) => {
    const x = args.input('image');
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    return graph.slice(x, [0, 0, width - 1, 0], [batch, height, -1, channels], [1, 1, -1, 1]);
  },
  SpaceToBatchND: (graph, args) => {
    const x = args.input('x');
    const block = args.numbers('blockShape');
    const size = sizeOf(block);
    const none: [number, number] = [0, 0];
    const inner = numberPairs(args, 'paddings');
    const padded = pad(
      graph,
      x,
      x.shape.map((_, i) => inner[i - 1] ?? none),
      0,
    );
    const parts = getReshaped([...padded.shape], block, size, false);
    const permuted = graph.transpose(
      graph.reshape(padded, parts),
      getPermuted(parts.length, block.length, false),
    );
    return graph.reshape(permuted, getReshapedPermuted([...padded.shape], block, size, false));
  },
};
