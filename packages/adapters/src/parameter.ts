/** A model's named weights. */
import type * as tf from '@tensorflow/tfjs';

/** Where a parameter belongs: the pre-trained encoder, or the task head that starts from random values. */
export type ParameterRole = 'encoder' | 'head';

/** A named weight of the model. The name is the one in the checkpoint (Hugging Face's for the encoders here). */
export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly role: ParameterRole;
  /** Whether no method trains it: it has no gradient, as batch normalisation's moving averages. Default false. */
  readonly fixed?: boolean;
}
