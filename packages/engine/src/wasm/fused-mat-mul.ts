/** tfjs's _FusedMatMul on the wasm backend: our product, then the backend's kernels for the bias and the activation. */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Gemm } from './gemm.js';
import { input, type KernelParameters, wasmBackend } from './kernel-parameters.js';
import { matMul, matMulOptions } from './mat-mul.js';

/** Runs another of the backend's kernels and disposes of its first input, an intermediate result. */
function thenKernel(
  name: string,
  backend: BackendWasm,
  inputs: tf.NamedTensorInfoMap,
  intermediate: tf.TensorInfo,
  attrs: tf.NamedAttrMap = {},
): tf.TensorInfo {
  const result = tf.getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs });
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
      const alpha = input(parameters, 'preluActivationWeights', tf._FusedMatMul);
      return thenKernel(tf.Prelu, backend, { x, alpha }, x);
    }
    default:
      throw new Error(
        `_FusedMatMul: activation must be linear, relu, relu6, elu, sigmoid, leakyrelu or prelu; got ${String(activation)}`,
      );
  }
}

export function fusedMatMul(parameters: KernelParameters, gemm: Gemm): tf.TensorInfo {
  const backend = wasmBackend(parameters.backend, tf._FusedMatMul);
  const a = input(parameters, 'a', tf._FusedMatMul);
  const b = input(parameters, 'b', tf._FusedMatMul);
  const bias = parameters.inputs['bias'];
  const product = matMul(backend, gemm, a, b, matMulOptions(parameters));
  const sum = bias === undefined ? product : thenKernel(tf.Add, backend, { a: product, b: bias }, product);
  return activate(parameters.attrs?.['activation'], sum, parameters, backend);
}
