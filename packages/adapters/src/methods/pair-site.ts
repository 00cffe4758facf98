/** Sites whose pair is added to a frozen weight that stays as it is: made, stored, restored, taken away. */
import * as tf from '@tensorflow/tfjs';

import { pairVariables } from '../adaptable-layer.js';
import type { AdaptableLayer, LowRankPair } from '../adaptable-layer.js';
import type { AdaptableModel } from '../model.js';
import { readTensor } from '../tensor-data.js';
import type { TensorData } from '../tensor-data.js';
import type { LowRankDelta, MethodState, TrainedMethod } from './method.js';
import { StoredState } from './stored-state.js';

/** A pair's values on the host. */
export interface PairValues {
  /** [out, rank] */
  readonly a: Float32Array;
  /** [rank, in] */
  readonly b: Float32Array;
  /** λ [rank]; default: the pair has none. */
  readonly diagonal?: Float32Array;
}

/** Puts a pair with these values into a layer, in place of the one that it carries; one of rank 0 is no pair. */
export function putPair(
  layer: AdaptableLayer,
  rank: number,
  { a, b, diagonal }: PairValues,
  constants: Pick<LowRankPair, 'scale' | 'dropout'>,
): void {
  const old = pairVariables(layer.pair);
  layer.setPair(
    rank === 0
      ? null
      : tf.tidy(() => ({
          a: tf.variable(tf.tensor2d(a, [layer.outFeatures, rank])),
          b: tf.variable(tf.tensor2d(b, [rank, layer.inFeatures])),
          ...(diagonal === undefined ? {} : { diagonal: tf.variable(tf.tensor1d(diagonal)) }),
          ...constants,
        })),
  );
  tf.dispose(old);
}

/** Folds the pairs into the weights and gives back their variables. */
export function foldPairs(layers: readonly AdaptableLayer[]): void {
  for (const layer of layers) {
    const variables = pairVariables(layer.pair);
    layer.foldPair();
    tf.dispose(variables);
  }
}

/** The pairs' tensors, by the trainables' names. */
export async function pairTensors(layers: readonly AdaptableLayer[]): Promise<Map<string, TensorData>> {
  const tensors = new Map<string, TensorData>();
  for (const { name, pair } of layers) {
    if (pair === null) continue;
    tensors.set(`${name}.a`, await readTensor(pair.a));
    tensors.set(`${name}.b`, await readTensor(pair.b));
    if (pair.diagonal !== undefined) tensors.set(`${name}.diagonal`, await readTensor(pair.diagonal));
  }
  return tensors;
}

/** How `pairTensors` are to be read. */
export function pairLayout(layers: readonly AdaptableLayer[]): readonly unknown[] {
  return layers.flatMap(({ name, pair }) =>
    pair === null
      ? []
      : [{ name, rank: pair.b.shape[0], scale: pair.scale ?? 1, diagonal: pair.diagonal !== undefined }],
  );
}

/** Puts pairs on a model that holds the base weights, and gives the biases their values. There is no dropout in them. */
export async function restorePairs(
  model: AdaptableModel,
  state: MethodState,
): Promise<TrainedMethod['deltas']> {
  const stored = new StoredState(model, state);
  const pairs = stored.list('sites', isPairLayout, 'hold name, rank, scale and diagonal').map((site) => {
    const layer = stored.layer(site.name);
    return {
      ...site,
      layer,
      values: {
        a: stored.take(`${site.name}.a`, [layer.outFeatures, site.rank]),
        b: stored.take(`${site.name}.b`, [site.rank, layer.inFeatures]),
        ...(site.diagonal ? { diagonal: stored.take(`${site.name}.diagonal`, [site.rank]) } : {}),
      },
    };
  });
  const assignBiases = stored.takeParameters(stored.biases());
  stored.finish();

  for (const { layer, rank, scale, values } of pairs) putPair(layer, rank, values, { scale });
  assignBiases();
  return Promise.resolve(() => pairDeltas(pairs.map(({ layer }) => layer)));
}

interface PairLayout {
  readonly name: string;
  readonly rank: number;
  readonly scale: number;
  readonly diagonal: boolean;
}

function isPairLayout(value: unknown): value is PairLayout {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value) || !('rank' in value) || !('scale' in value) || !('diagonal' in value)) return false;
  const { name, rank, scale, diagonal } = value;
  return (
    typeof name === 'string' &&
    typeof rank === 'number' &&
    Number.isSafeInteger(rank) &&
    rank > 0 &&
    typeof scale === 'number' &&
    Number.isFinite(scale) &&
    typeof diagonal === 'boolean'
  );
}

/** What the pairs add to the weights: A and s diag(λ) B. */
export async function pairDeltas(
  layers: readonly AdaptableLayer[],
): Promise<ReadonlyMap<string, LowRankDelta>> {
  const deltas = new Map<string, LowRankDelta>();
  for (const { name, pair, inFeatures } of layers) {
    if (pair === null) continue;
    const { scale = 1 } = pair;
    const [rank = 0] = pair.b.shape;
    const [{ data: a }, { data: b }] = await Promise.all([readTensor(pair.a), readTensor(pair.b)]);
    const diagonal = pair.diagonal === undefined ? null : (await readTensor(pair.diagonal)).data;
    deltas.set(name, {
      a,
      b: b.map((value, i) => scale * (diagonal?.[Math.floor(i / inFeatures)] ?? 1) * value),
      rank,
    });
  }
  return deltas;
}
