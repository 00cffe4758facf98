/**
 * @jest-environment ./test/node-arrays-environment.mjs
 *
 * The contract of every kernel: compiled and run by ONNX Runtime, tfjs code gives what tfjs's cpu backend gives, values and
 * gradients, on random shapes and dtypes. Integers and bools exactly; floats to 1e-5 of the tensor's largest magnitude.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { compile, supportedKernels, type NamedTensors } from '../src/index.js';
import { arrangementCases } from './contract/arrangement-cases.js';
import { get, type Drawn } from './contract/case.js';
import { elementwiseCases } from './contract/elementwise-cases.js';
import { fusedCases } from './contract/fused-cases.js';
import { numericCases } from './contract/numeric-cases.js';
import { Random } from './contract/random.js';
import { difference } from './difference.js';

const tolerance = 1e-5;
const runsOfEach = 6;
const used = new Set<string>();

/** The outputs, and the gradients of their sum, weighted so that every element counts differently. */
function outputsAndGradients({ fn, by = [] }: Drawn, inputs: NamedTensors): NamedTensors {
  const named = (outputs: tf.Tensor | readonly tf.Tensor[]): tf.Tensor[] =>
    outputs instanceof tf.Tensor ? [outputs] : [...outputs];
  const results: NamedTensors = {};
  for (const [i, output] of named(fn(inputs)).entries()) results[`output ${i}`] = output;
  if (by.length === 0) return results;
  const weighted = (...values: tf.Tensor[]): tf.Tensor => {
    const given = { ...inputs };
    by.forEach((name, i) => {
      given[name] = values[i] ?? get(inputs, name);
    });
    const sums = named(fn(given)).map((output) => {
      const weights = tf.reshape(tf.cos(tf.range(0, Math.max(1, output.size))), output.shape);
      return tf.sum(tf.mul(output, weights));
    });
    return tf.addN(sums);
  };
  const gradients = tf.grads(weighted)(by.map((name) => get(inputs, name)));
  gradients.forEach((gradient, i) => {
    results[`gradient by ${by[i] ?? ''}`] = gradient;
  });
  return results;
}

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe.each([...elementwiseCases, ...arrangementCases, ...numericCases, ...fusedCases])(
  '$title',
  ({ draw }) => {
    it('is what the cpu backend gives', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
          const drawn = draw(new Random(seed));
          const inputs = { ...drawn.inputs };
          let expected: NamedTensors = {};
          const { kernelNames } = await tf.profile(() => {
            expected = outputsAndGradients(drawn, inputs);
            return [];
          });
          kernelNames.forEach((name) => used.add(name));
          const compiled = compile((given) => outputsAndGradients(drawn, given), { threads: 1 });
          const actual = await compiled.run(inputs);
          expect(Object.keys(actual)).toEqual(Object.keys(expected));
          for (const [name, tensor] of Object.entries(expected)) {
            const found = get(actual, name);
            const limit = tensor.dtype === 'float32' ? tolerance : 0;
            expect({ name, shape: found.shape, dtype: found.dtype }).toEqual({
              name,
              shape: tensor.shape,
              dtype: tensor.dtype,
            });
            const worst = difference(await found.data(), await tensor.data());
            expect({ name, worst, close: worst <= limit }).toEqual({ name, worst, close: true });
          }
          await compiled.dispose();
          tf.dispose([inputs, expected, actual]);
        }),
        { numRuns: runsOfEach, seed: 20261123 },
      );
    });
  },
);

describe('the contract suite', () => {
  afterAll(() => {
    used.clear();
  });

  it('runs every kernel that can be compiled', () => {
    expect(supportedKernels.filter((name) => !used.has(name))).toEqual([]);
  });
});
