/**
 * One site of apca through its life: decomposed, attached with all components, frozen to the selected ones. Training and
 * reloading both come through `setFrozenPair`, so that they end with the same bits.
 */
import * as tf from '@tensorflow/tfjs';

import { decompose, foldComponents, takeColumns, takeRows } from '../components.js';
import type { Decomposition } from '../components.js';
import type { Linear } from '../linear.js';
import { assignValues, readFlat } from '../tensor-data.js';

/** A site with its components: what trains, and what it started from. */
export interface AttachedSite {
  readonly linear: Linear;
  readonly rank: number;
  /** A and B as the decomposition gave them; with the base weight they restore W_res. */
  readonly initial: { readonly a: Float32Array; readonly b: Float32Array };
  /** All components' values at the time of the selection; null before it. */
  settled: { readonly a: Float32Array; readonly b: Float32Array } | null;
  /** Components that train, in order of their index. */
  selected: readonly number[];
}

/** Splits a site's weight; the site itself is left as it is. */
export async function decomposeSite(linear: Linear, rank: number): Promise<Decomposition> {
  if (linear.pair !== null)
    throw new Error(`apca: ${linear.name} carries an adapter already; detach it first`);
  const weight = await readFlat([linear.weight.variable]);
  return decompose(linear.name, weight, linear.outFeatures, linear.inFeatures, rank);
}

/** Puts a decomposition in place: W_res as the frozen weight, all components in the pair. */
export function attachSite(linear: Linear, rank: number, { a, b, residual }: Decomposition): AttachedSite {
  assignValues(linear.weight.variable, residual);
  linear.setPair(variables(a, b, linear.outFeatures, linear.inFeatures, rank));
  return {
    linear,
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
  linear: Linear,
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  selected: readonly number[],
): void {
  const { outFeatures: out, inFeatures: inn } = linear;
  const frozen = Array.from({ length: rank }, (_, i) => i).filter((i) => !selected.includes(i));
  const folded = foldComponents(weight, a, b, out, inn, rank, frozen);
  assignValues(linear.weight.variable, folded);
  linear.pair?.a.dispose();
  linear.pair?.b.dispose();
  linear.setPair(
    selected.length === 0
      ? null
      : variables(takeColumns(a, out, rank, selected), takeRows(b, inn, selected), out, inn, selected.length),
  );
}

/** All components' present values: trained ones from the engine, frozen ones as they were when they froze. */
export async function currentComponents(site: AttachedSite): Promise<{ a: Float32Array; b: Float32Array }> {
  const { linear, rank, settled, selected } = site;
  const pair = linear.pair;
  if (settled === null) {
    if (pair === null) throw new Error(`apca: ${linear.name} has lost its components`);
    const [a, b] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    return { a, b };
  }
  const a = Float32Array.from(settled.a);
  const b = Float32Array.from(settled.b);
  if (pair !== null) {
    const [trainedA, trainedB] = await Promise.all([readFlat([pair.a]), readFlat([pair.b])]);
    selected.forEach((component, k) => {
      for (let o = 0; o < linear.outFeatures; o++) {
        a[o * rank + component] = trainedA[o * selected.length + k] ?? 0;
      }
      const start = k * linear.inFeatures;
      b.set(trainedB.subarray(start, start + linear.inFeatures), component * linear.inFeatures);
    });
  }
  return { a, b };
}
