/** A tfjs model whose layers' methods are replaced for as long as it is adapted. */
import * as tf from '@tensorflow/tfjs';

import { foldPairs } from '../methods/pair-site.js';
import type { DropoutSource, TrainableModel } from '../model.js';
import type { NamePattern } from '../name-pattern.js';
import type { Parameter } from '../parameter.js';
import { Dense } from './dense.js';
import type { FinalActivation } from './final-activation.js';
import { ForwardPass } from './forward-pass.js';
import type { LayerParameter } from './layer-parameters.js';
import type { LeafLayer } from './leaf-layers.js';
import { redirectDense } from './redirect-dense.js';
import { redirectDropout } from './redirect-dropout.js';
import { replaceMethod } from './replace-method.js';

/** A layer and its weights as parameters. */
export interface Leaf extends LeafLayer {
  readonly parameters: readonly LayerParameter[];
}

/** Layers whose methods are replaced at present. */
const adapted = new WeakSet<tf.layers.Layer>();

/** Whether a layer belongs to a model that is adapted at present. */
export const isAdapted = (layer: tf.layers.Layer): boolean => adapted.has(layer);

export class AdaptedLayersModel implements TrainableModel {
  /** Every Dense layer below the head: names of tfjs layers say nothing about their part in the model. */
  readonly defaultSites: readonly NamePattern[] = ['**'];
  readonly layers: readonly Dense[];
  readonly parameters: readonly Parameter[];
  readonly #pass = new ForwardPass();
  readonly #final: FinalActivation | null;
  readonly #restore: (() => void)[] = [];

  /** Made by `adaptLayersModel`. */
  constructor(
    readonly base: tf.LayersModel,
    leaves: readonly Leaf[],
    final: FinalActivation | null,
  ) {
    this.#final = final;
    this.parameters = leaves.flatMap(({ parameters }) => parameters.map(({ parameter }) => parameter));
    this.layers = leaves.flatMap((leaf) => this.#redirect(leaf));
    // What trains is the method's choice: a layer that was frozen for tfjs's own `fit` must not be skipped in silence.
    for (const { variable } of this.parameters) {
      if (variable.trainable) continue;
      variable.trainable = true;
      this.#restore.push(() => {
        variable.trainable = false;
      });
    }
  }

  /**
   * @param inputs by the names of the model's input layers; of a model with one input the name is free
   * @param dropout masks for Dropout layers and for what enters the pairs, or null
   * @returns [batch, outputs]
   */
  logits(inputs: Readonly<Record<string, tf.Tensor>>, dropout: DropoutSource | null): tf.Tensor2D {
    const ordered = orderInputs(this.base, inputs);
    return tf.tidy(() => {
      const output = this.#pass.with({ dropout, logits: this.#final !== null }, () =>
        this.base.apply(ordered, { training: false }),
      );
      if (!(output instanceof tf.Tensor)) throw new Error('adaptLayersModel: the model must give one tensor');
      const [batch = 0, units = 0] = output.shape;
      const rows = output.as2D(batch, units);
      // σ(z) = softmax([0, z])₁
      return this.#final?.kind === 'sigmoid' ? tf.concat2d([tf.zerosLike(rows), rows], 1) : rows;
    });
  }

  /** Adds every pair to its kernel and takes it away: the plain model computes what the adapted one did, up to rounding. */
  merge(): void {
    foldPairs(this.layers);
  }

  /**
   * Gives the model's layers back their own methods.
   * @throws when a layer carries an adapter: what the model computes would change in silence
   */
  detach(): void {
    const carrying = this.layers.find(({ pair }) => pair !== null);
    if (carrying !== undefined) {
      throw new Error(
        `detach: ${carrying.name} carries an adapter; merge() adds it to the weights, a method's dispose() does too`,
      );
    }
    for (const restore of this.#restore.splice(0)) restore();
  }

  #redirect({ layer, name, parameters }: Leaf): Dense[] {
    const isFinal = layer === this.#final?.layer;
    const kind = layer.getClassName();
    const replaced: (() => void)[] = [];
    let dense: Dense | null = null;
    if (kind === 'Dense') {
      const [kernel, bias] = parameters;
      if (kernel === undefined) throw new Error(`adaptLayersModel: Dense layer ${name} has no kernel`);
      dense = new Dense(name, kernel.parameter, bias?.parameter ?? null);
      replaced.push(redirectDense(layer, kernel.holder, dense, this.#pass, isFinal));
    } else if (kind === 'Dropout') {
      replaced.push(redirectDropout(layer, this.#pass));
    } else if (isFinal) {
      replaced.push(
        replaceMethod(
          layer,
          'call',
          (original) => (inputs, kwargs) =>
            this.#pass.logits ? inputs : original.call(layer, inputs, kwargs),
        ),
      );
    }
    adapted.add(layer);
    this.#restore.push(() => adapted.delete(layer), ...replaced);
    return dense === null ? [] : [dense];
  }
}

/** The model's inputs in its own order. */
function orderInputs(model: tf.LayersModel, inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  const given = Object.keys(inputs);
  // `model.inputNames` of a Sequential is empty before its first use.
  const inputNames = model.inputs.map(({ sourceLayer }) => sourceLayer.name);
  const names = inputNames.length === 1 && given.length === 1 ? given : inputNames;
  if (given.length !== names.length || names.some((name) => !(name in inputs))) {
    throw new Error(`logits: inputs must be ${inputNames.join(', ')}; got ${given.join(', ') || 'none'}`);
  }
  return names.map((name) => checkedTensor(name, inputs[name]));
}

function checkedTensor(name: string, value: unknown): tf.Tensor {
  if (value instanceof tf.Tensor) return value as tf.Tensor;
  const got = value instanceof tf.SymbolicTensor ? 'a SymbolicTensor, which has no values' : typeof value;
  throw new Error(`logits: input ${name} must be a tf.Tensor; got ${got}`);
}
