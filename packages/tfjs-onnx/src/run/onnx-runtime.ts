/** ONNX Runtime, which is an optional peer: loaded when something is compiled first, not when this package is imported. */
import type * as ort from 'onnxruntime-node';

export type OnnxRuntime = Pick<typeof ort, 'InferenceSession' | 'Tensor'>;

export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new Error(
      'compile: onnxruntime-node cannot be loaded; add it to your project (npm install onnxruntime-node, version 1.30 or newer; its install script, which only fetches CUDA libraries, need not run)',
      { cause: error },
    );
  }
}
