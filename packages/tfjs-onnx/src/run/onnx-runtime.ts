/** ONNX Runtime, which is an optional peer: loaded when something is compiled first, not when this package is imported. */
import type * as ort from 'onnxruntime-node';

export type OnnxRuntime = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env' | 'listSupportedBackends'>;

/**
 * Loads ONNX Runtime with its telemetry switched off, unless the environment says otherwise: from version 1.29 on it is
 * on by default everywhere, sends hashes of models and keeps an identifier and a database in the user's cache folder.
 *
 * @throws if onnxruntime-node isn't installed or has no binary for this machine
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  // Read once, when the native library starts
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new Error(
      'compile: onnxruntime-node cannot be loaded; add it to your project (npm install onnxruntime-node, version 1.30 or newer; its install script, which only fetches CUDA libraries, need not run)',
      { cause: error },
    );
  }
}
