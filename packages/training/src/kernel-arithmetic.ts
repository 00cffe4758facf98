/**
 * {@link HostArithmetic} by the kernels of assembly/. Arrays stay where they are: chunks of them are copied into the
 * kernels' memory, which holds no more than one chunk, and back. Copies within the second-level cache take about a
 * quarter of a step's time.
 */
import { type HostArithmetic, sumCount, total } from './host-arithmetic.js';
import type { Kernels } from './wasm/kernels.js';

/** Bounds of the chunks of `length` values. */
function* chunks(length: number, capacity: number): Generator<readonly [number, number]> {
  for (let from = 0; from < length; from += capacity) yield [from, Math.min(from + capacity, length)];
}

export function kernelArithmetic(kernels: Kernels): HostArithmetic {
  const capacity = kernels.capacity();
  const { buffer } = kernels.memory;
  const floats = (address: number): Float32Array => new Float32Array(buffer, address, capacity);
  const chunk = {
    weights: floats(kernels.weights()),
    first: floats(kernels.first()),
    second: floats(kernels.second()),
    gradient: floats(kernels.gradient()),
  };
  const overwritten = ['weights', 'first', 'second'] as const;
  const sums = new Float64Array(buffer, kernels.sums(), sumCount);

  return {
    sumOfSquares(values) {
      sums.fill(0);
      for (const [from, to] of chunks(values.length, capacity)) {
        const padded = Math.ceil((to - from) / sumCount) * sumCount;
        chunk.gradient.set(values.subarray(from, to));
        chunk.gradient.fill(0, to - from, padded);
        kernels.addSquares(padded);
      }
      return total(sums);
    },

    step(arrays, { beta1, beta2, epsilon, scale, kept, change, correction2 }) {
      for (const [from, to] of chunks(arrays.weights.length, capacity)) {
        for (const name of overwritten) chunk[name].set(arrays[name].subarray(from, to));
        chunk.gradient.set(arrays.gradient.subarray(from, to));
        kernels.adamWStep(to - from, beta1, beta2, epsilon, scale, kept, change, correction2);
        for (const name of overwritten) arrays[name].set(chunk[name].subarray(0, to - from), from);
      }
    },
  };
}
