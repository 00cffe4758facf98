/**
 * The kernels of tfjs's wasm backend that are replaced or supplied here, and how they are put in and taken out.
 *
 *   BatchMatMul, _FusedMatMul   replaced by our own product (matMul.ts): every transposition and batch at full speed
 *   UnsortedSegmentSum          missing in tfjs-backend-wasm 4.22 (unsortedSegmentSum.ts)
 */
import * as tf from '@tensorflow/tfjs';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Gemm } from './gemm.js';
import { matMul, type MatMulOptions } from './matMul.js';
import { unsortedSegmentSum } from './unsortedSegmentSum.js';

const backendName = 'wasm';

type KernelParameters = Parameters<tf.KernelFunc>[0];

function wasmBackend(backend: unknown, kernel: string): BackendWasm {
  if (backend instanceof BackendWasm) return backend;
  throw new Error(
    `${kernel}: expected the wasm backend; received another. Is @tensorflow/tfjs-backend-wasm installed twice?`,
  );
}

function input({ inputs }: KernelParameters, name: string, kernel: string): tf.TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`${kernel}: expected the input ${name}; received none`);
  return tensor;
}

function matMulOptions({ attrs }: KernelParameters): MatMulOptions {
  return { transposeA: attrs?.['transposeA'] === true, transposeB: attrs?.['transposeB'] === true };
}

/** Runs another of the backend's kernels and disposes of its first input, an intermediate result. */
function thenKernel(
  name: string,
  backend: BackendWasm,
  inputs: tf.NamedTensorInfoMap,
  intermediate: tf.TensorInfo,
  attrs: tf.NamedAttrMap = {},
): tf.TensorInfo {
  const result = tf.getKernel(name, backendName).kernelFunc({ inputs, backend, attrs });
  if (Array.isArray(result))
    throw new Error(`_FusedMatMul: expected one tensor of kernel ${name}; received several`);
  backend.disposeData(intermediate.dataId);
  return result;
}

/** tfjs's names of fused activations and the kernels that compute them. */
function activate(
  activation: unknown,
  x: tf.TensorInfo,
  parameters: KernelParameters,
  backend: BackendWasm,
): tf.TensorInfo {
  switch (activation) {
    case undefined:
    case null:
    case 'linear':
      return x;
    case 'relu':
      return thenKernel(tf.Relu, backend, { x }, x);
    case 'relu6':
      return thenKernel(tf.Relu6, backend, { x }, x);
    case 'elu':
      return thenKernel(tf.Elu, backend, { x }, x);
    case 'sigmoid':
      return thenKernel(tf.Sigmoid, backend, { x }, x);
    case 'leakyrelu':
      return thenKernel(tf.LeakyRelu, backend, { x }, x, {
        alpha: parameters.attrs?.['leakyreluAlpha'] ?? 0,
      });
    case 'prelu': {
      const alpha = input(parameters, 'preluActivationWeights', '_FusedMatMul');
      return thenKernel(tf.Prelu, backend, { x, alpha }, x);
    }
    default:
      throw new Error(
        `_FusedMatMul: activation must be linear, relu, relu6, elu, sigmoid, leakyrelu or prelu; got ${String(activation)}`,
      );
  }
}

function kernels(gemm: Gemm): tf.KernelConfig[] {
  return [
    {
      kernelName: tf.BatchMatMul,
      backendName,
      kernelFunc: (parameters) => {
        const backend = wasmBackend(parameters.backend, tf.BatchMatMul);
        const a = input(parameters, 'a', tf.BatchMatMul);
        const b = input(parameters, 'b', tf.BatchMatMul);
        return matMul(backend, gemm, a, b, matMulOptions(parameters));
      },
    },
    {
      kernelName: tf._FusedMatMul,
      backendName,
      kernelFunc: (parameters) => {
        const backend = wasmBackend(parameters.backend, tf._FusedMatMul);
        const a = input(parameters, 'a', tf._FusedMatMul);
        const b = input(parameters, 'b', tf._FusedMatMul);
        const bias = parameters.inputs['bias'];
        const product = matMul(backend, gemm, a, b, matMulOptions(parameters));
        const sum =
          bias === undefined ? product : thenKernel(tf.Add, backend, { a: product, b: bias }, product);
        return activate(parameters.attrs?.['activation'], sum, parameters, backend);
      },
    },
    {
      kernelName: tf.UnsortedSegmentSum,
      backendName,
      kernelFunc: (parameters) => {
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
    },
  ];
}

/**
 * Puts the repairs in. The wasm backend must be started.
 *
 * @param gemm the product that the matMul kernels use
 * @returns puts the original kernels back
 */
export function installKernelRepairs(gemm: Gemm): () => void {
  const registered = new Map(
    tf.getKernelsForBackend(backendName).map((config) => [config.kernelName, config]),
  );
  const repairs = kernels(gemm);
  for (const repair of repairs) {
    if (registered.has(repair.kernelName)) tf.unregisterKernel(repair.kernelName, backendName);
    tf.registerKernel(repair);
  }
  return () => {
    for (const { kernelName } of repairs) {
      tf.unregisterKernel(kernelName, backendName);
      const original = registered.get(kernelName);
      if (original !== undefined) tf.registerKernel(original);
    }
  };
}
