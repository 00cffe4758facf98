/**
 * AdamW on arrays in host memory: the WebAssembly kernels against plain JavaScript, and the global norm's pass.
 *
 *   node bench/training/adamw.mjs [values ...]     needs a built packages/training; default 15000 1e5 1e7
 *
 * Nanoseconds a value, medians of alternating runs. Four arrays of that many floats are held.
 */
import { availableParallelism, cpus } from 'node:os';

import { kernelArithmetic } from '../../packages/training/dist/kernel-arithmetic.js';
import { scriptArithmetic } from '../../packages/training/dist/script-arithmetic.js';
import { instantiateKernels } from '../../packages/training/dist/wasm/kernels.js';

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [15_000, 1e5, 1e7];
if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
  console.error(`adamw: values must be whole numbers above 0; got ${process.argv.slice(2).join(' ')}`);
  process.exit(2);
}

const kernels = instantiateKernels();
if (kernels === undefined) throw new Error('adamw: the kernels do not run here');
const ways = { kernels: kernelArithmetic(kernels), script: scriptArithmetic };

const constants = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  scale: 0.7,
  kept: 1 - 1e-6,
  change: 1e-3,
  correction2: 1e-3,
};

function median(times) {
  return times.sort((x, y) => x - y)[times.length >> 1];
}

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'} × ${availableParallelism()}, Node ${process.versions.node}`,
);
console.log('values      kernels: step   norm    script: step   norm');
for (const size of sizes) {
  const gradient = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const [weights, first, second] = [0, 1, 2].map(() => new Float32Array(size));
  const times = {};
  const measure = (name, work) => {
    const start = performance.now();
    work();
    (times[name] ??= []).push(((performance.now() - start) * 1e6) / size);
  };
  const runs = Math.max(5, Math.min(501, Math.round(1e8 / size) | 1));
  for (let run = 0; run < runs; run++) {
    for (const [name, arithmetic] of Object.entries(ways)) {
      measure(`${name} step`, () => arithmetic.step({ weights, first, second, gradient }, constants));
      measure(`${name} norm`, () => arithmetic.sumOfSquares(gradient));
    }
  }
  const cells = Object.values(times).map((list, i) => median(list).toFixed(2).padStart([15, 7, 16, 7][i]));
  console.log(`${String(size).padEnd(7)}${cells.join('')}`);
}
