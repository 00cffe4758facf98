/** What a model's forward pass reads. */
import { pairVariables } from '@ggm-peft/adapters';
import type { TrainableModel } from '@ggm-peft/adapters';
import type * as tf from '@tensorflow/tfjs';

/** Every variable that the model reads as it is now: its parameters and the pairs that its layers carry. */
export function modelVariables({ parameters, layers }: TrainableModel): tf.Variable[] {
  return [
    ...parameters.map(({ variable }) => variable),
    ...layers.flatMap(({ pair }) => pairVariables(pair)),
  ];
}
