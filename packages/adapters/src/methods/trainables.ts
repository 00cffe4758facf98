/** What trains where layers carry pairs. */
import type { AdaptableLayer } from '../adaptable-layer.js';
import type { AdaptableModel } from '../model.js';
import type { Trainable } from './method.js';

/**
 * The sites' pairs and some of the model's own parameters, in the model's order. A pair's values are named
 * `<layer>.a`, `<layer>.b` and `<layer>.diagonal`; a site without a pair has none.
 * @param isTrained whether a parameter of the model trains itself
 */
export function listTrainables(
  model: AdaptableModel,
  sites: readonly AdaptableLayer[],
  isTrained: (parameter: Trainable) => boolean,
): readonly Trainable[] {
  const carriers = new Map(sites.map((layer) => [layer.weight.name, layer]));
  return model.parameters.flatMap(({ name, variable, role }): readonly Trainable[] => {
    const layer = carriers.get(name);
    if (layer?.pair) {
      const { a, b, diagonal } = layer.pair;
      return [
        { name: `${layer.name}.a`, variable: a, role },
        { name: `${layer.name}.b`, variable: b, role },
        ...(diagonal === undefined ? [] : [{ name: `${layer.name}.diagonal`, variable: diagonal, role }]),
      ];
    }
    const parameter = { name, variable, role };
    return isTrained(parameter) ? [parameter] : [];
  });
}

/** The biases of the encoder's layers, in the model's order. */
export function encoderBiases({ layers }: AdaptableModel): NonNullable<AdaptableLayer['bias']>[] {
  return layers.flatMap(({ weight, bias }) => (weight.role === 'encoder' && bias !== null ? [bias] : []));
}
