/** One tensor in, elementwise; two tensors in, with broadcasting; comparisons and logic. */
import * as tf from '@tensorflow/tfjs';
import { ofOne, ofTwo, type Case } from './case.js';
import type { Random } from './random.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const smooth: readonly (readonly [string, Unary, number, number])[] = [
  ['acos', tf.acos, -0.9, 0.9],
  ['acosh', tf.acosh, 1.2, 4],
  ['asin', tf.asin, -0.9, 0.9],
  ['asinh', tf.asinh, -3, 3],
  ['atan', tf.atan, -3, 3],
  ['atanh', tf.atanh, -0.9, 0.9],
  ['cos', tf.cos, -4, 4],
  ['cosh', tf.cosh, -3, 3],
  ['elu', tf.elu, -3, 3],
  ['erf', tf.erf, -3, 3],
  ['exp', tf.exp, -3, 3],
  ['expm1', tf.expm1, -1, 1],
  ['log', tf.log, 0.1, 5],
  ['log1p', tf.log1p, -0.9, 3],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.3), -3, 3],
  ['reciprocal', tf.reciprocal, 0.3, 3],
  ['relu', tf.relu, -3, 3],
  ['relu6', tf.relu6, -8, 8],
  ['rsqrt', tf.rsqrt, 0.2, 4],
  ['selu', tf.selu, -3, 3],
  ['sigmoid', tf.sigmoid, -6, 6],
  ['sin', tf.sin, -4, 4],
  ['sinh', tf.sinh, -3, 3],
  ['softplus', tf.softplus, -5, 5],
  ['sqrt', tf.sqrt, 0.2, 4],
  ['square', tf.square, -3, 3],
  ['tan', tf.tan, -1.2, 1.2],
  ['tanh', tf.tanh, -4, 4],
  ['abs', tf.abs, -3, 3],
  ['neg', tf.neg, -3, 3],
  ['sign', tf.sign, -3, 3],
  ['ceil', tf.ceil, -3, 3],
  ['floor', tf.floor, -3, 3],
  ['round', tf.round, -3, 3],
  ['clipByValue', (x) => tf.clipByValue(x, -1, 0.5), -3, 3],
  ['step', (x) => tf.step(x, 0.25), -3, 3],
];

const ofIntegers: readonly (readonly [string, Unary])[] = [
  ['abs', tf.abs],
  ['neg', tf.neg],
  ['sign', tf.sign],
  ['square', tf.square],
  ['relu', tf.relu],
  ['clipByValue', (x) => tf.clipByValue(x, -2, 3)],
];

/** Infinite and undefined numbers among others. */
const special = (random: Random): tf.Tensor =>
  tf.where(
    tf.greater(random.floats([6]), 0),
    random.floats([6]),
    tf.tensor1d([NaN, Infinity, -Infinity, 0, 1, NaN]),
  );

const tests: readonly (readonly [string, Unary])[] = [
  ['isFinite', tf.isFinite],
  ['isInf', tf.isInf],
  ['isNaN', tf.isNaN],
];

const ofFloats: readonly (readonly [string, Binary, number, number])[] = [
  ['add', tf.add, -3, 3],
  ['sub', tf.sub, -3, 3],
  ['mul', tf.mul, -3, 3],
  ['div', tf.div, 0.5, 3],
  ['atan2', tf.atan2, -3, 3],
  ['mod', tf.mod, -5, 5],
  ['pow', tf.pow, 0.3, 2],
  ['floorDiv', tf.floorDiv, -7, 7],
];

/** Their gradients in tfjs do not add up what was broadcast: differentiated at equal shapes only. */
const ofFloatsOfOneShape: readonly (readonly [string, Binary])[] = [
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
  ['prelu', tf.prelu],
];

const ofIntegerPairs: readonly (readonly [string, Binary])[] = [
  ['add', tf.add],
  ['sub', tf.sub],
  ['mul', tf.mul],
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
];

const comparisons: readonly (readonly [string, Binary])[] = [
  ['equal', tf.equal],
  ['notEqual', tf.notEqual],
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
];

const logic: readonly (readonly [string, Binary])[] = [
  ['logicalAnd', tf.logicalAnd],
  ['logicalOr', tf.logicalOr],
  ['logicalXor', tf.logicalXor],
];

const pairOf = (
  random: Random,
  make: (shape: number[]) => tf.Tensor,
  makeSecond = make,
): readonly [tf.Tensor, tf.Tensor] => {
  const [a, b] = random.broadcastable();
  return [make(a), makeSecond(b)];
};

/** Divisors: no zero among them. */
const nonZero = (x: tf.Tensor): tf.Tensor => tf.where(tf.equal(x, 0), tf.onesLike(x), x);

export const elementwiseCases: readonly Case[] = [
  ...smooth.map(([name, fn, low, high]) =>
    ofOne(name, (random) => random.floats(random.shape(), low, high), fn),
  ),
  ...ofIntegers.map(([name, fn]) =>
    ofOne(`${name} of int32`, (random) => random.integers(random.shape()), fn, false),
  ),
  ...tests.map(([name, fn]) => ofOne(name, special, fn, false)),
  ...ofFloats.map(([name, fn, low, high]) =>
    ofTwo(name, (random) => pairOf(random, (shape) => random.floats(shape, low, high)), fn),
  ),
  ...ofFloatsOfOneShape.flatMap(([name, fn]) => [
    ofTwo(
      name,
      (random) => {
        const shape = random.shape();
        return [random.floats(shape), random.floats(shape)];
      },
      fn,
    ),
    ofTwo(`${name}, broadcast`, (random) => pairOf(random, (shape) => random.floats(shape)), fn, false),
  ]),
  ...ofIntegerPairs.map(([name, fn]) =>
    ofTwo(`${name} of int32`, (random) => pairOf(random, (shape) => random.integers(shape)), fn, false),
  ),
  ...(
    [
      ['floorDiv', tf.floorDiv],
      ['mod', tf.mod],
      ['div', tf.div],
    ] as const
  ).map(([name, fn]) =>
    ofTwo(
      `${name} of int32`,
      (random) =>
        pairOf(
          random,
          (shape) => random.integers(shape, -9, 9),
          (shape) => nonZero(random.integers(shape, -4, 4)),
        ),
      fn,
      false,
    ),
  ),
  ofTwo(
    'pow of int32',
    (random) =>
      pairOf(
        random,
        (shape) => random.integers(shape),
        (shape) => random.integers(shape, 0, 3),
      ),
    tf.pow,
    false,
  ),
  ofTwo(
    'bitwiseAnd',
    (random) => {
      const shape = random.shape(1);
      return [random.integers(shape, 0, 99), random.integers(shape, 0, 99)];
    },
    tf.bitwiseAnd,
    false,
  ),
  ...comparisons.flatMap(([name, fn]) => [
    ofTwo(name, (random) => pairOf(random, (shape) => tf.round(random.floats(shape))), fn, false),
    ofTwo(`${name} of int32`, (random) => pairOf(random, (shape) => random.integers(shape)), fn, false),
    ofTwo(`${name} of bool`, (random) => pairOf(random, (shape) => random.bools(shape)), fn, false),
  ]),
  ...logic.map(([name, fn]) =>
    ofTwo(name, (random) => pairOf(random, (shape) => random.bools(shape)), fn, false),
  ),
  ofOne('logicalNot', (random) => random.bools(random.shape()), tf.logicalNot, false),
  ofTwo(
    'addN',
    (random) => {
      const shape = random.shape();
      return [random.floats(shape), random.floats(shape)];
    },
    (a, b) => tf.addN([a, b, a]),
  ),
  ofTwo(
    'where',
    (random) => {
      const shape = random.shape();
      return [random.floats(shape), random.floats(shape)];
    },
    (a, b, random) => tf.where(random.bools(a.shape), a, b),
  ),
  ofTwo(
    'where of bool',
    (random) => {
      const shape = random.shape();
      return [random.bools(shape), random.bools(shape)];
    },
    (a, b, random) => tf.where(random.bools(a.shape), a, b),
    false,
  ),
];
