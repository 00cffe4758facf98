/** Making tensors, moving their elements about, reading and adding by index. */
import * as tf from '@tensorflow/tfjs';
import { ofOne, ofTwo, type Case } from './case.js';
import type { Random } from './random.js';

const anyType = (random: Random, shape: number[]): tf.Tensor =>
  random.pick([() => random.floats(shape), () => random.integers(shape), () => random.bools(shape)], () =>
    random.floats(shape),
  )();

const floats =
  (least: number, most = least, longest = 5) =>
  (random: Random): tf.Tensor =>
    random.floats(random.shape(least, most, longest));

const axisFor = (random: Random, x: tf.Tensor): number => random.integer(-x.rank, x.rank - 1);

const permutation = (random: Random, rank: number): number[] =>
  Array.from(random.floats([rank]).dataSync(), (x, i) => ({ x, i }))
    .sort((a, b) => a.x - b.x)
    .map(({ i }) => i);

const creation: readonly Case[] = [
  ...(['float32', 'int32', 'bool'] as const).map((dtype) =>
    ofOne(
      `cast to ${dtype}`,
      (random) => anyType(random, random.shape()),
      (x) => tf.cast(x, dtype),
      dtype === 'float32',
    ),
  ),
  ofOne('expandDims', floats(1, 3), (x, random) => tf.expandDims(x, random.integer(0, x.rank))),
  ofOne('reshape', floats(2), (x) => tf.reshape(x, [x.shape[1] ?? 1, -1])),
  ofOne('squeeze', floats(2), (x) => tf.squeeze(tf.expandDims(x, 1))),
  ofOne('clone', floats(0, 4), (x) => tf.clone(x)),
  ofOne('zerosLike and onesLike', floats(0, 3), (x) => tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x))),
  ofOne('fill', floats(2), (x) => tf.mul(x, tf.fill(x.shape, 3))),
  ofOne('fill alone', floats(1), () => tf.fill([2, 3], 7, 'int32'), false),
  ofOne('linspace', floats(1), () => tf.linspace(-1, 2, 7), false),
  ofOne('range', floats(1), () => [tf.range(0, 5), tf.range(5, 0, -2, 'int32')], false),
  ofOne(
    'oneHot',
    (random) => random.integers(random.shape(1, 3), -1, 5),
    (x) => tf.oneHot(x, 5),
    false,
  ),
  ofOne(
    'oneHot with values',
    (random) => random.integers(random.shape(1, 2), 0, 3),
    (x) => tf.oneHot(x, 4, 0.75, -2, 'float32'),
    false,
  ),
];

const moves: readonly Case[] = [
  ofTwo(
    'concat',
    (random) => {
      const shape = random.shape(2, 3);
      return [random.floats([...shape, 2]), random.floats([...shape, 3])];
    },
    (a, b) => tf.concat([a, b, a], -1),
  ),
  ofTwo(
    'concat of any type',
    (random) => {
      const shape = random.shape(1, 3);
      const x = anyType(random, shape);
      return [x, x];
    },
    (a, b) => tf.concat([a, b], 0),
    false,
  ),
  ofOne('mirrorPad reflect', floats(2, 2, 4), (x) => {
    const [h = 1, w = 1] = x.shape;
    return tf.mirrorPad(
      x,
      [
        [Math.min(1, h - 1), h - 1],
        [0, Math.min(1, w - 1)],
      ],
      'reflect',
    );
  }),
  ofOne('mirrorPad symmetric', floats(2, 2, 4), (x) => {
    const [h = 1, w = 1] = x.shape;
    return tf.mirrorPad(
      x,
      [
        [1, h],
        [w, 0],
      ],
      'symmetric',
    );
  }),
  ofOne('stack', floats(0, 3), (x, random) => tf.stack([x, tf.neg(x)], random.integer(0, x.rank))),
  ofOne('pad', floats(1, 4), (x, random) =>
    tf.pad(
      x,
      x.shape.map((): [number, number] => [random.integer(0, 2), random.integer(0, 2)]),
      0.5,
    ),
  ),
  ofOne('reverse', floats(1, 4), (x, random) => tf.reverse(x, [axisFor(random, x)])),
  ofOne('slice', floats(1, 4), (x, random) => {
    const begin = x.shape.map((size) => random.integer(0, size - 1));
    return tf.slice(
      x,
      begin,
      begin.map((from, i) => random.pick([-1, 1], (x.shape[i] ?? 1) - from)),
    );
  }),
  ofOne(
    'split evenly',
    (random) => random.floats([2, 6]),
    (x, random) => tf.split(x, random.pick([2, 3], 6), 1),
  ),
  ofOne(
    'split by sizes',
    (random) => random.floats([7, 3]),
    (x) => tf.split(x, [2, -1, 1], 0),
  ),
  ofOne(
    'stridedSlice',
    (random) => random.floats([5, 6, 4]),
    (x, random) => [
      tf.stridedSlice(x, [random.integer(0, 2), 5, 0], [5, 0, 4], [random.integer(1, 2), -2, 3]),
      tf.stridedSlice(x, [1, 2, 0], [0, 4, 9], [1, 1, 1], 1, 1, 0, 2, 4),
      tf.stridedSlice(x, [-1, 0, 0], [-6, 6, 4], [-1, 1, 1]),
    ],
    false,
  ),
  ofOne('tile', floats(1, 4, 3), (x, random) =>
    tf.tile(
      x,
      x.shape.map(() => random.integer(1, 3)),
    ),
  ),
  ofOne(
    'broadcastTo',
    (random) => random.floats([3, 1, 2]),
    (x) => tf.mul(tf.broadcastTo(x, [2, 3, 4, 2]), 2),
  ),
  ofOne('transpose', floats(1, 5), (x, random) => tf.transpose(x, permutation(random, x.rank))),
  // tfjs cannot differentiate a stack of one
  ofOne(
    'unstack',
    (random) => random.floats([2, 3, 4]),
    (x, random) => tf.unstack(x, axisFor(random, x)),
  ),
];

const indexing: readonly Case[] = [
  ofTwo(
    'gather',
    (random) => {
      const shape = random.shape(1, 3);
      return [random.floats([4, ...shape]), random.integers(random.shape(1, 2), 0, 3)];
    },
    (a, b) => tf.gather(a, tf.cast(b, 'int32')),
  ),
  ofTwo(
    'gather along an axis',
    (random) => [random.floats([2, 5, 3]), random.integers([4], 0, 4)],
    (a, b) => tf.gather(a, tf.cast(b, 'int32'), 1),
  ),
  ofTwo(
    'gather with batch dimensions',
    (random) => [random.floats([2, 3, 5, 4]), random.integers([2, 2, 3], 0, 4)],
    (a, b) => tf.gather(a, tf.cast(b, 'int32'), 2, 1),
    false,
  ),
  ofTwo(
    'gather with batch dimensions, gradient',
    (random) => [random.floats([2, 5, 4]), random.integers([2, 3], 0, 4)],
    (a, b) => tf.gather(a, tf.cast(b, 'int32'), 1, 1),
  ),
  ofTwo(
    'gatherND',
    (random) => [random.floats([4, 3, 2]), random.integers([5, 2], 0, 2)],
    (a, b) => tf.gatherND(a, tf.cast(b, 'int32')),
    false,
  ),
  ofTwo(
    'scatterND adds where indices repeat',
    (random) => [random.floats([6, 3]), random.integers([6, 1], 0, 3)],
    (a, b) => tf.scatterND(tf.cast(b, 'int32'), a, [5, 3]),
    false,
  ),
  ofOne(
    'tensorScatterUpdate',
    (random) => random.floats([5, 2]),
    (x) => tf.tensorScatterUpdate(x, tf.tensor2d([[3], [0]], [2, 1], 'int32'), tf.ones([2, 2])),
    false,
  ),
  ...[3, 20].map((segments) =>
    ofTwo(
      `unsortedSegmentSum, ${segments} segments`,
      (random) => [random.floats([9, 4]), random.integers([9], 0, segments - 1)],
      (a, b) => tf.unsortedSegmentSum(a, tf.cast(b, 'int32').as1D(), segments),
    ),
  ),
];

export const arrangementCases: readonly Case[] = [...creation, ...moves, ...indexing];
