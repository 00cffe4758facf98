/** The layers that a tfjs model is made of, those in nested models and under TimeDistributed too. */
import * as tf from '@tensorflow/tfjs';

/** A layer with weights or computations of its own. */
export interface LeafLayer {
  /** The layer's name; in a nested model, that model's names before it, divided by dots. */
  readonly name: string;
  readonly layer: tf.layers.Layer;
}

/** Every layer once, in the order of the forward pass. A layer that is used in several places has the name of the first. */
export function leafLayers(model: tf.LayersModel): LeafLayer[] {
  const found = new Map<tf.layers.Layer, string>();
  const visit = (layer: tf.layers.Layer, name: string): void => {
    const inside = innerLayers(layer);
    if (inside === null) {
      if (!found.has(layer)) found.set(layer, name);
      return;
    }
    for (const inner of inside) visit(inner, `${name}.${inner.name}`);
  };
  for (const layer of model.layers) visit(layer, layer.name);
  return [...found].map(([layer, name]) => ({ name, layer }));
}

/** What a layer hands its input on to; null for one that computes by itself. */
function innerLayers(layer: tf.layers.Layer): readonly tf.layers.Layer[] | null {
  if (layer instanceof tf.LayersModel) return layer.layers;
  if (layer.getClassName() !== 'TimeDistributed') return null;
  const inner: unknown = Reflect.get(layer, 'layer');
  return inner instanceof tf.layers.Layer ? [inner] : null;
}

export function isDense({ layer }: LeafLayer): boolean {
  return layer.getClassName() === 'Dense';
}
