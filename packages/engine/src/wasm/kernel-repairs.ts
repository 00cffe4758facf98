/**
 * The kernels of tfjs's wasm backend that are replaced or supplied here, and how they are put in and taken out.
 *
 *   BatchMatMul, _FusedMatMul   our own product (mat-mul.ts): every transposition and batch at full speed
 *   UnsortedSegmentSum          missing in tfjs-backend-wasm 4.22 (unsorted-segment-sum.ts)
 *   Identity                    shares its input's data instead of copying it (identity.ts)
 *   GatherV2                    along the first axis, a copy a row (gather-rows.ts)
 *   Sum                         over axes in front, without transposing (sum-axes.ts)
 *   Exp, Erf, Tanh              of floats, four at a time (float-functions.ts)
 *
 * What a replacement doesn't take goes to the backend's own kernel.
 */
import * as tf from '@tensorflow/tfjs';
import { type ElementwiseFunction, floatFunctions } from './float-functions.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { canGatherRows, gatherRows } from './gather-rows.js';
import type { Gemm } from './gemm.js';
import type { WasmHeap } from './heap.js';
import { identity } from './identity.js';
import { axes, input, type KernelParameters, wasmBackend } from './kernel-parameters.js';
import { matMul, matMulOptions } from './mat-mul.js';
import { planSum, sumAxes } from './sum-axes.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

const backendName = 'wasm';

/** A kernel in place of another, which it may hand its parameters to. */
type Repair = (parameters: KernelParameters, original: tf.KernelFunc) => tf.TensorInfo | tf.TensorInfo[];

function elementwiseRepair(kernel: string, compute: ElementwiseFunction): Repair {
  return (parameters, original) => {
    const backend = wasmBackend(parameters.backend, kernel);
    const x = input(parameters, 'x', kernel);
    if (x.dtype !== 'float32') return original(parameters);
    const out = backend.makeOutput(x.shape, 'float32');
    const size = tf.util.sizeFromShape(x.shape);
    compute(backend.getMemoryOffset(x.dataId), backend.getMemoryOffset(out.dataId), size);
    return out;
  };
}

function repairs(gemm: Gemm, heap: WasmHeap): Record<string, Repair> {
  const { exp, erf, tanh, sumRows } = floatFunctions(heap.memory);
  return {
    [tf.BatchMatMul]: (parameters) => {
      const backend = wasmBackend(parameters.backend, tf.BatchMatMul);
      const a = input(parameters, 'a', tf.BatchMatMul);
      const b = input(parameters, 'b', tf.BatchMatMul);
      return matMul(backend, gemm, a, b, matMulOptions(parameters));
    },
    [tf._FusedMatMul]: (parameters) => fusedMatMul(parameters, gemm),
    [tf.UnsortedSegmentSum]: (parameters) => {
      const backend = wasmBackend(parameters.backend, tf.UnsortedSegmentSum);
      const numSegments = parameters.attrs?.['numSegments'];
      if (typeof numSegments !== 'number')
        throw new Error('UnsortedSegmentSum: numSegments must be a number');
      return unsortedSegmentSum(
        backend,
        input(parameters, 'x', tf.UnsortedSegmentSum),
        input(parameters, 'segmentIds', tf.UnsortedSegmentSum),
        numSegments,
      );
    },
    [tf.Identity]: (parameters, original) => {
      const x = input(parameters, 'x', tf.Identity);
      // Strings don't lie on the heap
      if (x.dtype === 'string') return original(parameters);
      return identity(wasmBackend(parameters.backend, tf.Identity), x);
    },
    [tf.GatherV2]: (parameters, original) => {
      const backend = wasmBackend(parameters.backend, tf.GatherV2);
      const x = input(parameters, 'x', tf.GatherV2);
      const indices = input(parameters, 'indices', tf.GatherV2);
      const batchDims = parameters.attrs?.['batchDims'];
      if (!canGatherRows(x, indices, axes(parameters), batchDims)) return original(parameters);
      return gatherRows(backend, heap, x, indices);
    },
    [tf.Sum]: (parameters, original) => {
      const backend = wasmBackend(parameters.backend, tf.Sum);
      const x = input(parameters, 'x', tf.Sum);
      const given = axes(parameters);
      const plan =
        x.dtype === 'float32' && given !== undefined
          ? planSum(x.shape, given, parameters.attrs?.['keepDims'] === true)
          : undefined;
      return plan === undefined ? original(parameters) : sumAxes(backend, sumRows, x, plan);
    },
    [tf.Exp]: elementwiseRepair(tf.Exp, exp),
    [tf.Erf]: elementwiseRepair(tf.Erf, erf),
    [tf.Tanh]: elementwiseRepair(tf.Tanh, tanh),
  };
}

/**
 * Puts the repairs in. The wasm backend must be started.
 *
 * @param gemm the product that the matMul kernels use
 * @param heap the backend's memory
 * @returns puts the original kernels back
 */
export function installKernelRepairs(gemm: Gemm, heap: WasmHeap): () => void {
  const registered = new Map(
    tf.getKernelsForBackend(backendName).map((config) => [config.kernelName, config]),
  );
  const installed = Object.entries(repairs(gemm, heap));
  for (const [kernelName, repair] of installed) {
    const original = registered.get(kernelName)?.kernelFunc ?? missing(kernelName);
    if (registered.has(kernelName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (parameters) => repair(parameters, original),
    });
  }
  return () => {
    for (const [kernelName] of installed) {
      tf.unregisterKernel(kernelName, backendName);
      const original = registered.get(kernelName);
      if (original !== undefined) tf.registerKernel(original);
    }
  };
}

function missing(kernelName: string): tf.KernelFunc {
  return () => {
    throw new Error(`${kernelName}: @tensorflow/tfjs-backend-wasm has no such kernel for these inputs`);
  };
}
