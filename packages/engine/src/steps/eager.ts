/** Steps as they stand, tfjs op by tfjs op, on tfjs's current backend. */
import { eagerStreams } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine.js';
import type { StepKind, StepParts } from './step-kind.js';
import { checkOutputs } from './step-outputs.js';

/** Runs the step in a tidy. An output that is an input or a variable becomes a tensor of its own. */
function runTidy<S extends string>(
  { step, streams }: StepParts<S>,
  inputs: NamedTensors,
  draw: number,
): NamedTensors {
  const variables = Object.values(tf.engine().registeredVariables);
  const before = variables.map(({ dataId }) => dataId);
  return tf.tidy(() => {
    const given = new Set<tf.Tensor>(Object.values(inputs));
    const returned = checkOutputs(step(inputs, eagerStreams(streams, draw)));
    for (const [i, { dataId, name }] of variables.entries()) {
      if (dataId === before[i]) continue;
      throw new Error(
        `run: the step assigned variable ${name}; return its new value as an output and assign that`,
      );
    }
    return Object.fromEntries(
      Object.entries(returned).map(([name, output]) => [
        name,
        given.has(output) || output instanceof tf.Variable ? output.clone() : output,
      ]),
    );
  });
}

export const eagerSteps: StepKind = {
  shapes: 'any',
  prepare: (parts) => ({
    run: (inputs, draw) => Promise.resolve().then(() => runTidy(parts, inputs, draw)),
    dispose: () => Promise.resolve(),
  }),
};
