/** AdamW on arrays: the kernels and plain JavaScript give the same bits, and those of the sums written out. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { normals, seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import type { HostArithmetic, StepArrays, StepConstants } from '../src/host-arithmetic.js';
import { adamW } from '../src/index.js';
import { kernelArithmetic } from '../src/kernel-arithmetic.js';
import { scriptArithmetic } from '../src/script-arithmetic.js';
import { instantiateKernels } from '../src/wasm/kernels.js';

const kernels = instantiateKernels();
if (kernels === undefined) throw new Error('this test needs WebAssembly with SIMD');
const capacity = kernels.capacity();
const byKernels = kernelArithmetic(kernels);

const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, capacity - 1, capacity, capacity + 1, 2 * capacity + 13];

const constants: StepConstants = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  scale: 0.37,
  kept: 1 - 1e-5,
  change: 3e-4,
  correction2: 1 - 0.999 ** 3,
};

/** Numbers of all sizes, among them 0, the smallest and the largest floats, and their squares' overflow. */
function drawGradient(length: number, seed: number): Float32Array {
  const normal = normals(seededGenerator(seed));
  const special = [0, -0, 1e-45, -1e-38, 3e38, -3e38, 1e-23];
  return Float32Array.from({ length }, (_, i) =>
    i % 11 === 5 ? (special[Math.floor(i / 11) % special.length] ?? NaN) : normal() * 10 ** ((i % 9) - 6),
  );
}

/** Without the largest, beside which the others would vanish from a sum. */
function moderate(values: Float32Array): Float32Array {
  return values.map((value) => (Math.abs(value) > 1e30 ? 1 : value));
}

function start(length: number): Omit<StepArrays, 'gradient'> {
  const normal = normals(seededGenerator(length));
  return {
    weights: Float32Array.from({ length }, normal),
    first: Float32Array.from({ length }, () => 1e-3 * normal()),
    second: Float32Array.from({ length }, () => 1e-6 * normal() ** 2),
  };
}

function afterSteps(arithmetic: HostArithmetic, length: number): Omit<StepArrays, 'gradient'> {
  const arrays = start(length);
  for (let step = 0; step < 3; step++) {
    arithmetic.step({ ...arrays, gradient: drawGradient(length, step) }, constants);
  }
  return arrays;
}

describe('the compiled kernels', () => {
  it('are what assembly/ compiles to: build the package where this fails', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-kernels.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--stdout'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readFileSync(new URL('../src/wasm/kernel-bytes.ts', import.meta.url), 'utf8')).toBe(stdout);
  });
});

describe.each(lengths)('for %d values', (length) => {
  it('a step by the kernels is a step in JavaScript, to the last bit', () => {
    expect(afterSteps(byKernels, length)).toEqual(afterSteps(scriptArithmetic, length));
  });

  it('the sum of squares by the kernels is that in JavaScript, to the last bit', () => {
    const values = moderate(drawGradient(length, length));
    const sum = byKernels.sumOfSquares(values);
    expect(sum).toBe(scriptArithmetic.sumOfSquares(values));
    const straight = values.reduce((total, value) => total + value * value, 0);
    expect(Math.abs(sum - straight)).toBeLessThanOrEqual(1e-12 * straight);
  });

  it('a step writes its own arrays and nothing beside them', () => {
    const within = (values: Float32Array): Float32Array => {
      const padded = new Float32Array(length + 8).fill(7);
      padded.set(values, 4);
      return padded;
    };
    const { weights, first, second } = start(length);
    const padded = [within(weights), within(first), within(second), within(drawGradient(length, 0))];
    const [w, m, v, g] = padded.map((array) => array.subarray(4, 4 + length));
    if (w === undefined || m === undefined || v === undefined || g === undefined) throw new Error('four');
    byKernels.step({ weights: w, first: m, second: v, gradient: g }, constants);
    for (const array of padded) {
      expect([...array.subarray(0, 4), ...array.subarray(4 + length)]).toEqual(new Array(8).fill(7));
    }
    expect(g).toEqual(drawGradient(length, 0));
  });
});

describe.each([
  ['kernels', byKernels],
  ['JavaScript', scriptArithmetic],
] as const)('arithmetic by %s', (_, arithmetic) => {
  it('is that of AdamW in float64, each result rounded once', () => {
    const { beta1, beta2, epsilon, scale, kept, change, correction2 } = constants;
    const [w, m, v, g] = [0.3, -0.02, 1e-4, 5].map(Math.fround);
    if (w === undefined || m === undefined || v === undefined || g === undefined) throw new Error('four');
    const arrays = { weights: [w], first: [m], second: [v], gradient: [g] };
    const floats = {
      weights: Float32Array.from(arrays.weights),
      first: Float32Array.from(arrays.first),
      second: Float32Array.from(arrays.second),
      gradient: Float32Array.from(arrays.gradient),
    };
    arithmetic.step(floats, constants);
    const first = beta1 * m + (1 - beta1) * scale * g;
    const second = beta2 * v + (1 - beta2) * (scale * g) ** 2;
    expect(floats.first[0]).toBe(Math.fround(first));
    expect(floats.second[0]).toBe(Math.fround(second));
    const denominator = Math.sqrt(second / correction2) + epsilon;
    expect(floats.weights[0]).toBe(Math.fround(kept * w - (change * first) / denominator));
  });

  it('lets what is not a number be seen', () => {
    const arrays = { ...start(6), gradient: Float32Array.of(1, NaN, Infinity, -Infinity, 0, 1) };
    expect(arithmetic.sumOfSquares(arrays.gradient)).toBeNaN();
    expect(arithmetic.sumOfSquares(arrays.gradient.subarray(2))).toBe(Infinity);
    arithmetic.step(arrays, constants);
    expect([...arrays.weights].map(Number.isNaN)).toEqual([false, true, true, true, false, false]);
  });
});

describe('where WebAssembly is missing or refused', () => {
  const train = (): Float32Array => {
    const length = capacity + 3;
    const variable = tf.tidy(() => tf.variable(tf.tensor1d(start(length).weights)));
    const options = { maxNorm: 1, weightDecay: 0.1 };
    const optimiser = adamW({ memory: 'host' }, [{ name: 'w', variable, role: 'encoder' }], options);
    for (let step = 0; step < 3; step++) {
      const gradient = tf.tensor1d(moderate(drawGradient(length, step)));
      optimiser.step(new Map([['w', gradient]]), { encoder: 1e-3, head: 0 });
      gradient.dispose();
    }
    const values = variable.dataSync<'float32'>().slice();
    optimiser.dispose();
    variable.dispose();
    return values;
  };
  const refuse = (): never => {
    throw new Error('CompileError');
  };

  it.each([
    ['no WebAssembly', undefined],
    ['modules do not compile', { Module: refuse }],
    [
      'exports are missing',
      {
        Module: Object,
        Instance: class {
          exports = {};
        },
      },
    ],
  ])('%s: training gives the same bits', async (_, host) => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
    const expected = train();
    const given: unknown = Reflect.get(globalThis, 'WebAssembly');
    Reflect.set(globalThis, 'WebAssembly', host);
    try {
      expect(instantiateKernels()).toBeUndefined();
      expect(train()).toEqual(expected);
    } finally {
      Reflect.set(globalThis, 'WebAssembly', given);
    }
  });
});
