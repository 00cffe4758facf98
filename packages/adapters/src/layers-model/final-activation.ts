/** The activation in which a model ends, which turns logits into probabilities. */
import * as tf from '@tensorflow/tfjs';

export interface FinalActivation {
  readonly layer: tf.layers.Layer;
  readonly kind: 'softmax' | 'sigmoid';
}

/** The softmax or sigmoid that gives the model's only output; null where there is none. */
export function finalActivation(model: tf.LayersModel): FinalActivation | null {
  const layer = outputLayer(model);
  if (layer === null) return null;
  const name = layer.getClassName() === 'Softmax' ? 'softmax' : activationOf(layer)?.getClassName();
  return name === 'softmax' || name === 'sigmoid' ? { layer, kind: name } : null;
}

/** The layer that computes the model's first output, looked for in nested models. */
function outputLayer(model: tf.LayersModel): tf.layers.Layer | null {
  const layer = model.outputs[0]?.sourceLayer;
  if (layer === undefined) return null;
  return layer instanceof tf.LayersModel ? outputLayer(layer) : layer;
}

/** tfjs's activation functions are objects that are not exported. */
interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
  getClassName(): string;
}

/** The activation that a Dense, Activation or convolution layer applies; null where there is none. */
export function activationOf(layer: tf.layers.Layer): Activation | null {
  const activation: unknown = Reflect.get(layer, 'activation');
  return isActivation(activation) ? activation : null;
}

function isActivation(value: unknown): value is Activation {
  return (
    typeof value === 'object' &&
    value !== null &&
    'apply' in value &&
    typeof value.apply === 'function' &&
    'getClassName' in value &&
    typeof value.getClassName === 'function'
  );
}
