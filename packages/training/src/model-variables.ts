/** What a model's forward pass reads. */
import { pairVariables } from '@ggm-peft/adapters';
import type { Trainable, TrainableModel } from '@ggm-peft/adapters';
import type * as tf from '@tensorflow/tfjs';

/** Every variable that the model reads as it is now: its parameters and the pairs that its layers carry. */
export function modelVariables({ parameters, layers }: TrainableModel): tf.Variable[] {
  return [
    ...parameters.map(({ variable }) => variable),
    ...layers.flatMap(({ pair }) => pairVariables(pair)),
  ];
}

/** Those of the variables that training leaves alone. */
export function frozenVariables(
  variables: readonly tf.Variable[],
  trainables: readonly Trainable[],
): tf.Variable[] {
  const trained = new Set(trainables.map(({ variable }) => variable));
  return variables.filter((variable) => !trained.has(variable));
}
