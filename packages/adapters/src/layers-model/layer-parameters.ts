/** A tfjs layer's weights as parameters. */
import * as tf from '@tensorflow/tfjs';

import type { Parameter, ParameterRole } from '../parameter.js';
import type { LeafLayer } from './leaf-layers.js';

/** A parameter, and the object in which tfjs keeps it. */
export interface LayerParameter {
  readonly parameter: Parameter;
  readonly holder: tf.LayerVariable;
}

/**
 * The layer's weights in tfjs's order, named `<layer>.<weight>` (`hidden.kernel`). Those that no training changes, such as
 * the moving averages of batch normalisation, are fixed parameters of the encoder.
 */
export function layerParameters({ name, layer }: LeafLayer, role: ParameterRole): LayerParameter[] {
  const { trainable, fixed } = weightsOf(layer);
  const taken = new Map<string, number>();
  return [...trainable, ...fixed].map((holder) => {
    const variable = holder.read();
    if (!(variable instanceof tf.Variable)) {
      throw new Error(`adaptLayersModel: ${holder.originalName} of layer ${name} must be a tf.Variable`);
    }
    // Both halves of a Bidirectional have a `kernel`: the second is `kernel_1`.
    const part = holder.originalName.split('/').at(-1) ?? holder.originalName;
    const before = taken.get(part) ?? 0;
    taken.set(part, before + 1);
    const full = before === 0 ? `${name}.${part}` : `${name}.${part}_${before}`;
    return {
      holder,
      parameter: fixed.includes(holder)
        ? { name: full, variable, role: 'encoder', fixed: true }
        : { name: full, variable, role },
    };
  });
}

interface LayerWeights {
  /** What training may change, whether or not it is marked so at present. */
  readonly trainable: readonly tf.LayerVariable[];
  readonly fixed: readonly tf.LayerVariable[];
}

/** tfjs lists weights that are marked as frozen behind the others; this is their order without marks. */
function weightsOf(layer: tf.layers.Layer): LayerWeights {
  const { trainable } = layer;
  const marks = layer.weights.map((holder) => [holder, holder.trainable] as const);
  layer.trainable = true;
  try {
    return { trainable: layer.trainableWeights, fixed: layer.nonTrainableWeights };
  } finally {
    layer.trainable = trainable;
    for (const [holder, mark] of marks) holder.trainable = mark;
  }
}
