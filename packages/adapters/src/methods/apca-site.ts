/**
 * One site of apca through its life: decomposed, attached with all components, frozen to the selected ones. Training and
 * reloading both come through `setFrozenPair`, so that they end with the same bits.
 */
import * as tf from '@tensorflow/tfjs';

import { decompose, foldComponents, takeColumns, takeRows } from '../components.js';
import type { Decomposition } from '../components.js';
import type { AdaptableLayer } from '../adaptable-layer.js';
import { assignValues, readFlat } from '../tensor-data.js';

/** A site with its components: what trains, and what it started from. */
export interface AttachedSite {
  readonly layer: AdaptableLayer;
  readonly rank: number;
  /** A and B as the decomposition gave them; with the base weight they restore W_res. */
  readonly initial: { readonly a: Float32Array; readonly b: Float32Array };
  /** All components' values at the time of the selection; null before it. */
  settled: { readonly a: Float32Array; readonly b: Float32Array } | null;
  /** Components that train, in order of their index. */
  selected: readonly number[];
}

/** Splits a site's weight; the site itself is left as it is. */
export async function decomposeSite(layer: AdaptableLayer, rank: number): Promise<Decomposition> {
  if (layer.pair !== null) throw new Error(`apca: ${layer.name} carries an adapter already; detach it first`);
  const weight = await readFlat([layer.weight.variable]);
  return decompose(layer.name, weight, layer.outFeatures, layer.inFeatures, rank);
}

/** Puts a decomposition in place: W_res as the frozen weight, all components in the pair. */
export function attachSite(
  layer: AdaptableLayer,
  rank: number,
  { a, b, residual }: Decomposition,
): AttachedSite {
  assignValues(layer.weight.variable, residual);
  layer.setPair(variables(a, b, layer.outFeatures, layer.inFeatures, rank));
  return {
    layer,
    rank,
    initial: { a, b },
    settled: null,
    selected: Array.from({ length: rank }, (_, i) => i),
  };
}

function variables(a: Float32Array, b: Float32Array, out: number, inn: number, rank: number) {
  return tf.tidy(() => ({
    a: tf.variable(tf.tensor2d(a, [out, rank])),
    b: tf.variable(tf.tensor2d(b, [rank, inn])),
  }));
}

/**
 * Sets a site to its state after the selection: the weight with the unselected components folded in, and a pair of
 * the selected ones. Training and reloading both come through here, so that they end with the same bits.
 * @param weight W_res [out, in]
 * @param a all components' A [out, rank]
 * @param b all components' B [rank, in]
 */
export function setFrozenPair(
  layer: AdaptableLayer,
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  selected: readonly number[],
): void {
  const { outFeatures: out, inFeatures: inn } = layer;
  const frozen = Array.from({ length: rank }, (_, i) => i).filter((i) => !selected.includes(i));
  const folded = foldComponents(weight, a, b, out, inn, rank, frozen);
  assignValues(layer.weight.variable, folded);
  layer.pair?.a.dispose();
  layer.pair?.b.dispose();
  layer.setPair(
    selected.length === 0
      ? null
      : variables(takeColumns(a, out, rank, selected), takeRows(b, inn, selected), out, inn, selected.length),
  );
}

/** All components' present values: trained ones from the engine, frozen ones as they were when they froze. */
export async function currentComponents(site: AttachedSite): Promise<{ a: Float32Array; b: Float32Array }> {
  const { layer, rank, settled, selected } = site;
  const pair = layer.pair;
  if (settled === null) {
    if (pair === null) throw new Error(`apca: ${layer.name} has lost its components`);
    const [a, b] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    return { a, b };
  }
  const a = Float32Array.from(settled.a);
  const b = Float32Array.from(settled.b);
  if (pair !== null) {
    const [trainedA, trainedB] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    selected.forEach((component, k) => {
      for (let o = 0; o < layer.outFeatures; o++) {
        a[o * rank + component] = trainedA[o * selected.length + k] ?? 0;
      }
      const start = k * layer.inFeatures;
      b.set(trainedB.subarray(start, start + layer.inFeatures), component * layer.inFeatures);
    });
  }
  return { a, b };
}
