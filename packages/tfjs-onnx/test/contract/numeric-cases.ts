/** Reductions, products, convolutions, pooling, normalisation. */
import * as tf from '@tensorflow/tfjs';
import { get, ofOne, ofTwo, type Case } from './case.js';
import type { Random } from './random.js';

const axesFor = (random: Random, x: tf.Tensor): number[] =>
  x.shape.flatMap((_, i) => (random.flag() ? [i] : []));

const reduction = (
  name: string,
  fn: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor,
  draw: (random: Random, shape: number[]) => tf.Tensor,
  differentiable = true,
): Case =>
  ofOne(
    name,
    (random) => draw(random, random.shape(1, 4)),
    (x, random) => fn(x, axesFor(random, x), random.flag()),
    differentiable,
  );

const reductions: readonly Case[] = [
  reduction('sum', tf.sum, (random, shape) => random.floats(shape)),
  reduction('sum of int32', tf.sum, (random, shape) => random.integers(shape), false),
  reduction('sum of bool', tf.sum, (random, shape) => random.bools(shape), false),
  reduction('mean', tf.mean, (random, shape) => random.floats(shape)),
  reduction('max', tf.max, (random, shape) => random.distinct(shape)),
  reduction('min', tf.min, (random, shape) => random.distinct(shape)),
  reduction('max of int32', tf.max, (random, shape) => random.integers(shape), false),
  ofOne(
    'prod',
    (random) => random.floats(random.shape(1, 3), 0.5, 1.5),
    (x, random) => tf.prod(x, random.integer(0, x.rank - 1)),
  ),
  reduction('all', tf.all, (random, shape) => random.bools(shape), false),
  reduction('any', tf.any, (random, shape) => random.bools(shape), false),
  ofOne(
    'argMax and argMin',
    (random) => random.distinct(random.shape(1, 4)),
    (x, random) => {
      const axis = random.integer(0, x.rank - 1);
      return [tf.argMax(x, axis), tf.argMin(x, axis)];
    },
    false,
  ),
  // tfjs's gradient of an inner axis permutes the axes wrongly
  ofOne(
    'cumsum of the last axis',
    (random) => random.floats(random.shape(1, 4)),
    (x, random) => tf.cumsum(x, x.rank - 1, random.flag(), random.flag()),
  ),
  ofOne(
    'cumsum of any axis',
    (random) => random.floats(random.shape(1, 4)),
    (x, random) => tf.cumsum(x, random.integer(0, x.rank - 1), random.flag(), random.flag()),
    false,
  ),
  ofOne(
    'cumprod',
    (random) => random.floats(random.shape(1, 3, 7), 0.5, 1.5),
    (x, random) => tf.cumprod(x, random.integer(0, x.rank - 1), random.flag(), random.flag()),
    false,
  ),
  ofOne(
    'softmax',
    (random) => random.floats(random.shape(1, 4)),
    (x) => tf.softmax(x),
  ),
  ofOne(
    'logSoftmax',
    (random) => random.floats(random.shape(1, 4)),
    (x) => tf.logSoftmax(x),
  ),
  ofOne(
    'topk',
    (random) => random.distinct([...random.shape(0, 2), 5]),
    (x) => {
      const { values, indices } = tf.topk(x, 3);
      return [values, indices];
    },
    false,
  ),
];

const matMul = (transposeA: boolean, transposeB: boolean): Case =>
  ofTwo(
    `matMul${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`,
    (random) => {
      const batch = random.shape(0, 2);
      const [m, k, n] = [random.integer(1, 5), random.integer(1, 5), random.integer(1, 5)];
      return [
        random.floats([...batch, ...(transposeA ? [k, m] : [m, k])]),
        random.floats([...batch, ...(transposeB ? [n, k] : [k, n])]),
      ];
    },
    (a, b) => tf.matMul(a, b, transposeA, transposeB),
  );

const fusedMatMul = (activation: 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid'): Case => ({
  title: `fused.matMul, ${activation}`,
  draw: (random) => ({
    inputs: { a: random.floats([3, 4]), b: random.floats([4, 2]), bias: random.floats([2]) },
    fn: (inputs) =>
      tf.fused.matMul({ a: get(inputs, 'a'), b: get(inputs, 'b'), bias: get(inputs, 'bias'), activation }),
    by: ['a', 'b', 'bias'],
  }),
});

const products: readonly Case[] = [
  matMul(false, false),
  matMul(false, true),
  matMul(true, false),
  matMul(true, true),
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid'] as const).map(fusedMatMul),
  ofTwo(
    'einsum',
    (random) => [random.floats([2, 3, 4]), random.floats([4, 5, 3])],
    (a, b) => tf.einsum('abc,cdb->ad', a, b),
    false,
  ),
  ofTwo(
    'dot',
    (random) => [random.floats([4]), random.floats([4])],
    (a, b) => tf.dot(a, b),
  ),
];

function as4(x: tf.Tensor): tf.Tensor4D {
  const shape: readonly number[] = x.shape;
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  return tf.reshape(x, [a, b, c, d]);
}

const image = (random: Random, channels: number): number[] => [
  random.integer(1, 2),
  random.integer(5, 8),
  random.integer(5, 8),
  channels,
];

const images: readonly Case[] = [
  ...(['same', 'valid'] as const).flatMap((pad) => [
    ofTwo(
      `conv2d, ${pad}`,
      (random) => [random.floats(image(random, 3)), random.floats([3, 2, 3, 4])],
      (a, b, random) => tf.conv2d(as4(a), as4(b), random.integer(1, 2), pad),
    ),
    ofTwo(
      `depthwiseConv2d, ${pad}`,
      (random) => [random.floats(image(random, 3)), random.floats([3, 2, 3, 2])],
      (a, b, random) => tf.depthwiseConv2d(as4(a), as4(b), random.integer(1, 2), pad),
    ),
    ofOne(
      `maxPool, ${pad}`,
      (random) => random.distinct(image(random, 2)),
      (x, random) => tf.maxPool(as4(x), [3, 2], random.integer(1, 2), pad),
    ),
    ofOne(
      `avgPool, ${pad}`,
      (random) => random.floats(image(random, 2)),
      (x, random) => tf.avgPool(as4(x), [2, 3], random.integer(1, 2), pad),
    ),
  ]),
  ofTwo(
    'conv2d, dilated',
    (random) => [random.floats(image(random, 3)), random.floats([2, 2, 3, 4])],
    (a, b) => tf.conv2d(as4(a), as4(b), 1, 'same', 'NHWC', 2),
    false,
  ),
  ofTwo(
    'conv2d, padded by 1',
    (random) => [random.floats(image(random, 2)), random.floats([3, 3, 2, 2])],
    (a, b) => tf.conv2d(as4(a), as4(b), 2, 1, 'NHWC', 1, 'floor'),
  ),
  ofTwo(
    'conv2dTranspose',
    (random) => [random.floats([2, 4, 4, 3]), random.floats([3, 3, 2, 3])],
    (a, b) => tf.conv2dTranspose(as4(a), as4(b), [2, 8, 8, 2], 2, 'same'),
  ),
  ofOne(
    'spaceToBatchND',
    (random) => random.floats([2, 3, 4, 2]),
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 2],
        ],
      ),
  ),
  ofOne(
    'batchToSpaceND',
    (random) => random.floats([8, 2, 3, 2]),
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
  ),
  ofOne(
    'depthToSpace',
    (random) => random.floats([2, 2, 3, 12]),
    (x) => tf.depthToSpace(as4(x), 2),
    false,
  ),
  ofOne(
    'flipLeftRight',
    (random) => random.floats(image(random, 2)),
    (x) => tf.image.flipLeftRight(as4(x)),
    false,
  ),
  {
    title: 'fused.conv2d and fused.depthwiseConv2d',
    draw: (random) => ({
      inputs: {
        x: random.floats([1, 5, 5, 2]),
        filter: random.floats([2, 2, 2, 2]),
        bias: random.floats([2]),
        wide: random.floats([4]),
      },
      fn: (inputs) => {
        const shared = {
          x: as4(get(inputs, 'x')),
          filter: as4(get(inputs, 'filter')),
          strides: 1,
          pad: 'same' as const,
          activation: 'relu' as const,
        };
        return [
          tf.fused.conv2d({ ...shared, bias: get(inputs, 'bias') }),
          tf.fused.depthwiseConv2d({ ...shared, bias: get(inputs, 'wide') }),
        ];
      },
      by: ['x', 'filter'],
    }),
  },
  {
    title: 'batchNorm',
    draw: (random) => ({
      inputs: {
        x: random.floats([2, 3, 3, 4]),
        mean: random.floats([4]),
        variance: random.floats([4], 0.5, 2),
        offset: random.floats([4]),
        scale: random.floats([4]),
      },
      fn: (inputs) =>
        tf.batchNorm(
          as4(get(inputs, 'x')),
          tf.reshape(get(inputs, 'mean'), [4]),
          tf.reshape(get(inputs, 'variance'), [4]),
          tf.reshape(get(inputs, 'offset'), [4]),
          tf.reshape(get(inputs, 'scale'), [4]),
        ),
      by: ['x', 'mean', 'variance', 'offset', 'scale'],
    }),
  },
];

export const numericCases: readonly Case[] = [...reductions, ...products, ...images];
