/**
 * A model's parameters with its adapters folded in: W + s A diag(λ) B for a layer that carries a pair, every other parameter
 * as it is. What leaves for other programs is this; the model itself stays as it was.
 */
import type { AdaptableModel } from './model.js';
import { readTensor } from './tensor-data.js';
import type { TensorData } from './tensor-data.js';

/**
 * Every parameter by its name, in the model's order. A merged weight is summed in float64 and rounded to float32 once; the
 * model itself, which may apply W, B and A one after the other, differs from it by rounding only.
 */
export async function mergedParameters(model: AdaptableModel): Promise<ReadonlyMap<string, TensorData>> {
  const layerOf = new Map(model.layers.map((layer) => [layer.weight.name, layer]));
  const merged = new Map<string, TensorData>();
  for (const { name, variable } of model.parameters) {
    const layer = layerOf.get(name);
    merged.set(
      name,
      layer === undefined
        ? await readTensor(variable)
        : { shape: [...variable.shape], data: await layer.readFolded() },
    );
  }
  return merged;
}
