/** Whether providers compute with float16: a device may lack it, which ONNX Runtime says only when something runs. */
import type * as ort from 'onnxruntime-node';
import { Graph } from '../graph/graph.js';
import { writeModel } from '../onnx/model.js';
import { toFloat16 } from './float16.js';
import type { OnnxRuntime } from './onnx-runtime.js';

/** @throws if they cannot turn float16 into float32 */
export async function tryFloat16(
  { InferenceSession, Tensor }: OnnxRuntime,
  providers: readonly ort.InferenceSession.ExecutionProviderConfig[],
): Promise<void> {
  const x = new Graph().fed('x', [1], 'float32');
  const { bytes } = writeModel(new Map([['y', x]]), 0, new Set(['x']));
  try {
    const session = await InferenceSession.create(bytes, {
      executionProviders: providers,
      // The reason is in the error; it need not be on the terminal as well
      logSeverityLevel: 4,
    });
    try {
      await session.run({ 'fed:x': new Tensor('float16', toFloat16(Float32Array.of(1)), [1]) });
    } finally {
      await session.release();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `compile: the providers ${JSON.stringify(providers)} cannot take weights in float16: ${reason}`,
      { cause: error },
    );
  }
}
