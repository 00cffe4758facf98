/**
 * Several adapters, each with its own head, on one base: switched on and off, merged into the weights and taken out again,
 * without loading the model anew.
 *
 * The set holds on to the base weights by sharing: as long as nothing changes a weight, its base value is the very tensor that
 * the model computes with, and takes no memory of its own. So memory is taken for what some adapter changes, once for the base
 * and once for each adapter. Switching assigns tensors and computes nothing: it restores every bit.
 */
import * as tf from '@tensorflow/tfjs';
import { nearestNames } from '@ggm-peft/linalg';

import { pairVariables } from './adaptable-layer.js';
import type { AdaptableLayer, LowRankPair } from './adaptable-layer.js';
import { baseIdentity } from './base-identity.js';
import type { BaseIdentity } from './base-identity.js';
import { applyAdapter, checkBase, readAdapter, saveAdapter } from './checkpoint.js';
import { attachMethod } from './methods/attach.js';
import type { MethodOptions } from './methods/attach.js';
import type { AttachedMethod, MethodName } from './methods/method.js';
import type { AdaptableModel } from './model.js';
import type { Parameter } from './parameter.js';

/** What the model holds with an adapter switched on, as far as it differs from the base. */
interface Values {
  readonly parameters: ReadonlyMap<Parameter, tf.Tensor>;
  readonly pairs: ReadonlyMap<AdaptableLayer, LowRankPair>;
}

interface Entry {
  /** The method that trains it; null for a stored adapter. */
  readonly method: AttachedMethod | null;
  readonly config: Readonly<Record<string, unknown>>;
  /** Null while it is switched on: the model holds them. */
  values: Values | null;
}

/** Weights without what was merged into them, and the pairs. */
type Unmerged = ReadonlyMap<AdaptableLayer, { readonly weight: tf.Tensor; readonly pair: LowRankPair }>;

export class AdapterSet {
  readonly base: BaseIdentity;
  readonly #model: AdaptableModel;
  /** The base values, shared with the model where it holds them. */
  readonly #baseValues: ReadonlyMap<Parameter, tf.Tensor>;
  readonly #entries = new Map<string, Entry>();
  #active: string | null = null;
  #unmerged: Unmerged | null = null;
  #revision = 0;

  private constructor(model: AdaptableModel, base: BaseIdentity) {
    this.#model = model;
    this.base = base;
    this.#baseValues = new Map(model.parameters.map((parameter) => [parameter, sharing(parameter.variable)]));
  }

  /**
   * A set without adapters over a model that holds its base weights, head included. Its weights are hashed.
   * @param id what people call the base model
   * @throws when a layer carries an adapter
   */
  static async over(id: string, model: AdaptableModel): Promise<AdapterSet> {
    return new AdapterSet(model, await baseIdentity(id, model));
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The adapter that is switched on; null for none, which is the base. */
  get active(): string | null {
    return this.#active;
  }

  /** Whether the active adapter is merged into the weights. */
  get merged(): boolean {
    return this.#unmerged !== null;
  }

  /**
   * Grows whenever the model computes with other tensors than before. What an engine has compiled from the model is for one
   * revision: compile it again for another. (`compileForward` of @ggm-peft/training refuses to run on another's pairs.)
   */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Adds an adapter that `saveAdapter` wrote. What is switched on stays so.
   * @throws when the name is taken, the folder holds no whole adapter of these base weights, or it does not fit the model (a
   *   head with other outputs); the set is then as it was
   */
  async add(name: string, folder: string): Promise<void> {
    this.#requireNew(name);
    const adapter = await readAdapter(folder);
    checkBase(folder, adapter.record.base, this.base);
    const before = this.#active;
    const merged = this.merged;
    this.use(null);
    try {
      await applyAdapter(folder, adapter, this.#model);
      this.#entries.set(name, { method: null, config: adapter.record.config, values: this.#take() });
    } finally {
      this.#put(null);
      this.use(before);
      if (merged) this.merge();
    }
  }

  /**
   * Attaches a method to the base weights and switches it on, to be trained in place.
   * @throws when the name is taken or the method does not fit; no adapter is switched on then
   */
  async attach<N extends MethodName>(
    name: string,
    method: N,
    options?: MethodOptions[N],
  ): Promise<AttachedMethod> {
    this.#requireNew(name);
    this.use(null);
    const attached = await attachMethod(this.#model, method, options);
    this.#entries.set(name, { method: attached, config: { ...options }, values: null });
    this.#active = name;
    this.#revision++;
    return attached;
  }

  /**
   * Switches to an adapter, or with null to the base; one that is merged is unmerged first.
   * @throws when there is none of that name
   */
  use(name: string | null): void {
    const entry = name === null ? null : this.#entry(name);
    this.unmerge();
    if (name === this.#active) return;
    const left = this.#active === null ? null : this.#entry(this.#active);
    if (left !== null) left.values = this.#take();
    this.#put(entry?.values ?? null);
    if (entry !== null) {
      disposeValues(entry.values);
      entry.values = null;
    }
    this.#active = name;
  }

  /**
   * Adds the active adapter's pairs to the weights they belong to, so that the model computes without them, at the base's
   * speed: the same up to the rounding of the weights. Nothing is to be done for a method without pairs. Not for training.
   * @throws when no adapter is switched on
   */
  merge(): void {
    if (this.#active === null)
      throw new Error('AdapterSet: merge needs an adapter that is switched on; got none');
    if (this.#unmerged !== null) return;
    const unmerged = new Map<AdaptableLayer, { weight: tf.Tensor; pair: LowRankPair }>();
    for (const layer of this.#model.layers) {
      const { pair } = layer;
      if (pair === null) continue;
      unmerged.set(layer, { weight: sharing(layer.weight.variable), pair });
      layer.foldPair();
    }
    this.#unmerged = unmerged;
    this.#revision++;
  }

  /** Takes a merged adapter's pairs out of the weights again, to the bit. */
  unmerge(): void {
    if (this.#unmerged === null) return;
    for (const [layer, { weight, pair }] of this.#unmerged) {
      layer.weight.variable.assign(weight);
      weight.dispose();
      layer.setPair(pair);
    }
    this.#unmerged = null;
    this.#revision++;
  }

  /**
   * Writes an adapter that was attached here into a folder, which is made where it is missing.
   * @throws when it was not attached here, or its method has not done its work yet
   */
  async save(name: string, folder: string): Promise<void> {
    const { method, config } = this.#entry(name);
    if (method === null) {
      throw new Error(
        `AdapterSet: save needs an adapter that was attached here; ${name} was added from a folder`,
      );
    }
    const before = this.#active;
    this.use(name);
    try {
      await saveAdapter(folder, this.#model, method, { base: this.base, config });
    } finally {
      this.use(before);
    }
  }

  /** Takes an adapter out of the set; if it is switched on, the base is then. A method that trains it is of no use afterwards. */
  remove(name: string): void {
    const entry = this.#entry(name);
    if (name === this.#active) this.use(null);
    for (const pair of entry.values?.pairs.values() ?? []) tf.dispose(pairVariables(pair));
    disposeValues(entry.values);
    this.#entries.delete(name);
  }

  /** Switches to the base and gives back everything that the set keeps; the model stays. */
  dispose(): void {
    for (const name of this.names) this.remove(name);
    tf.dispose([...this.#baseValues.values()]);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const near = nearestNames(name, this.names, 1).map((known) => `; did you mean ${known}?`);
    throw new Error(
      `AdapterSet: the adapter must be one of ${this.names.join(', ') || 'none yet'}; got ${name}${near.join('')}`,
    );
  }

  #requireNew(name: string): void {
    if (this.#entries.has(name))
      throw new Error(`AdapterSet: there is an adapter ${name} already; remove it first`);
  }

  /** What differs from the base now. */
  #take(): Values {
    const { parameters, layers } = this.#model;
    return {
      parameters: new Map(
        parameters
          .filter((parameter) => parameter.variable.dataId !== this.#baseValues.get(parameter)?.dataId)
          .map((parameter) => [parameter, sharing(parameter.variable)]),
      ),
      pairs: new Map(layers.flatMap((layer) => (layer.pair === null ? [] : [[layer, layer.pair]]))),
    };
  }

  /** Makes the model the base with the values on it. */
  #put(values: Values | null): void {
    for (const [parameter, base] of this.#baseValues) {
      parameter.variable.assign(values?.parameters.get(parameter) ?? base);
    }
    for (const layer of this.#model.layers) layer.setPair(values?.pairs.get(layer) ?? null);
    this.#revision++;
  }
}

/**
 * Another reference to a tensor's data, which lives as long as it. Not a clone: on some of tfjs's backends that is a copy,
 * while a reshaped tensor shares its data on all of them.
 */
function sharing(tensor: tf.Tensor): tf.Tensor {
  return tf.keep(tf.reshape(tensor, tensor.shape));
}

function disposeValues(values: Values | null): void {
  tf.dispose([...(values?.parameters.values() ?? [])]);
}
