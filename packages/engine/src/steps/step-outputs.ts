/** What a step returned, checked: plain JavaScript callers may return anything. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine.js';

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

export function checkOutputs(returned: unknown): NamedTensors {
  if (typeof returned !== 'object' || returned === null || returned instanceof Promise) {
    const kind = returned instanceof Promise ? 'a promise' : returned === null ? 'null' : typeof returned;
    throw new Error(`run: the step must return tensors by name, synchronously; got ${kind}`);
  }
  const outputs: NamedTensors = {};
  for (const [name, output] of Object.entries(returned)) {
    if (!isTensor(output))
      throw new Error(`run: the step's output ${name} must be a tensor; got ${typeof output}`);
    outputs[name] = output;
  }
  if (Object.keys(outputs).length === 0)
    throw new Error('run: the step must return at least one tensor; got none');
  return outputs;
}
