/**
 * A model's parameters with its adapters folded in: W + A B for a layer that carries a pair, every other parameter as it
 * is. What leaves for other programs is this; the model itself stays as it was.
 */
import { foldComponents } from './components.js';
import type { AdaptableModel } from './model.js';
import { readFlat, readTensor } from './tensor-data.js';
import type { TensorData } from './tensor-data.js';

/**
 * Every parameter by its name, in the model's order. A merged weight is summed in float64 and rounded to float32 once; the
 * model itself, which may apply W, B and A one after the other, differs from it by rounding only.
 */
export async function mergedParameters(model: AdaptableModel): Promise<ReadonlyMap<string, TensorData>> {
  const layerOf = new Map(model.layers.map((layer) => [layer.weight.name, layer]));
  const merged = new Map<string, TensorData>();
  for (const { name, variable } of model.parameters) {
    const value = await readTensor(variable);
    const layer = layerOf.get(name);
    const pair = layer?.pair ?? null;
    if (layer === undefined || pair === null) {
      merged.set(name, value);
      continue;
    }
    const { outFeatures: out, inFeatures: inn } = layer;
    const [a, b] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    const rank = a.length / out;
    const all = Array.from({ length: rank }, (_, i) => i);
    merged.set(name, {
      shape: value.shape,
      data: foldComponents(value.data, a, b, out, inn, rank, all),
    });
  }
  return merged;
}
