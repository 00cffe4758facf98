/**
 * Adaptive budget allocation (AdaLoRA; Zhang et al. 2023, arXiv 2303.10512). Beside every frozen W a product in the form of a
 * singular value decomposition is trained,
 *
 *   W + s P Λ Q,   P [out, r], Λ = diag(λ) [r], Q [r, in],   s = α / r₀
 *
 * and the loss has γ times the distance of P and Q from orthonormality added (see orthogonality.ts). Triplet i of a site is
 * (P[:, i], λ_i, Q[i, :]). Its importance after a step is
 *
 *   S_i = s(λ_i) + mean_j s(P_ji) + mean_j s(Q_ij),   s(w) = Ī(w) · Ū(w)   (eqs. 7 to 11; see importance.ts)
 *
 * and of all sites' triplets only the b(t) most important keep their λ; the others' becomes zero (see adalora-schedule.ts),
 * from where later steps may bring it back until the budget is the final one. From then on the set stays the same, and at
 * the start of the next epoch what is not in it is taken away: such a site may have no triplet left.
 *
 * P and Q begin as N(0, 0.02²), λ at zero, as in Hugging Face PEFT, which also has s = α / r₀ and the sums above.
 */
import * as tf from '@tensorflow/tfjs';
import { normals, seededGenerator } from '@ggm-peft/random';

import type { AdaptableLayer } from '../adaptable-layer.js';
import { takeColumns, takeRows } from '../components.js';
import { ImportanceAverage } from '../importance.js';
import type { ImportanceOptions } from '../importance.js';
import type { AdaptableModel } from '../model.js';
import type { Parameter } from '../parameter.js';
import { rankSites, siteOptionNames } from '../site.js';
import type { RankedSite, SiteOptions } from '../site.js';
import { assignValues, readFlat } from '../tensor-data.js';
import { budgetAfter, planPhases } from './adalora-schedule.js';
import type { BudgetPhases, PlannedPhases } from './adalora-schedule.js';
import { requireBare } from './bare.js';
import type { MethodDefinition } from './definition.js';
import type {
  Allocation,
  AttachedMethod,
  LowRankDelta,
  MethodState,
  Reallocation,
  StateOrigin,
  Trainable,
  TrainingPlan,
} from './method.js';
import { allocationProgress, isIndices, readAllocation } from './allocation-progress.js';
import { importanceProgress, readImportance } from './importance-progress.js';
import type { ScoredTensor } from './importance-progress.js';
import { orthogonality } from './orthogonality.js';
import { checkPairOptions } from './pair-options.js';
import { foldPairs, pairDeltas, pairLayout, pairTensors, putPair, restorePairs } from './pair-site.js';
import type { MethodProgress, ProgressTensor } from './progress.js';
import { ProgressReader } from './progress-reader.js';
import { readParameters } from './stored-state.js';
import { encoderBiases, listTrainables } from './trainables.js';

export interface AdaloraOptions extends SiteOptions, BudgetPhases {
  /** r₀, triplets of each site at the start; default 12. */
  readonly initialRank?: number;
  /** Triplets of a site in the end, on average over the sites; default 8. */
  readonly targetRank?: number;
  /** α > 0; default 8. */
  readonly alpha?: number;
  /** Rate of dropout on what enters the product, in [0, 1); default 0. Embeddings have none. */
  readonly dropout?: number;
  /** γ ≥ 0, the weight of the distance from orthonormality; default 0.5. */
  readonly orthogonality?: number;
  /** β1 and β2 of the importance averages; default 0.85 each. */
  readonly importance?: ImportanceOptions;
  /** Whether the biases of the encoder's layers train too; default false. */
  readonly encoderBiases?: boolean;
  /** Seed of P and Q, an integer; default 0. */
  readonly seed?: number;
}

const defaultTargetRank = 8;
const defaultOrthogonality = 0.5;

/** Standard deviation of P and Q as they begin. */
const initialDeviation = 0.02;

/** A triplet's three tensors, and how each falls into triplets. */
const parts = ['a', 'b', 'diagonal'] as const;

interface Site extends RankedSite {
  readonly scale: number;
  readonly averages: Readonly<Record<(typeof parts)[number], ImportanceAverage>>;
  /** Triplets that keep their λ, in order. */
  kept: readonly number[];
}

/** A triplet by its site and its number there. */
interface Triplet {
  readonly site: Site;
  readonly index: number;
}

class AdaloraMethod implements AttachedMethod {
  readonly name = 'adalora';
  readonly regulariser?: () => tf.Scalar;
  readonly #model: AdaptableModel;
  readonly #options: AdaloraOptions;
  readonly #sites: readonly Site[];
  readonly #triplets: readonly Triplet[];
  readonly #biases: readonly Parameter[];
  #trainables: readonly Trainable[];
  #phases: PlannedPhases | null = null;
  #settledEpoch = 0;
  #step = 0;
  #allocation: Allocation | null = null;
  /** Whether the pairs hold the kept triplets alone. */
  #slim = false;

  constructor(model: AdaptableModel, sites: readonly Site[], options: AdaloraOptions) {
    this.#model = model;
    this.#sites = sites;
    this.#options = options;
    this.#triplets = sites.flatMap((site) =>
      Array.from({ length: site.rank }, (_, index) => ({ site, index })),
    );
    this.#biases = options.encoderBiases === true ? encoderBiases(model) : [];
    this.#trainables = this.#listTrainables();
    const { orthogonality: weight = defaultOrthogonality } = options;
    if (weight > 0) {
      this.regulariser = () => {
        const pairs = sites.flatMap(({ layer }) => (layer.pair === null ? [] : [layer.pair]));
        return tf.mul(orthogonality(pairs), weight);
      };
    }
  }

  get settledEpoch(): number {
    return this.#settledEpoch;
  }

  get observesSteps(): boolean {
    return !this.#slim;
  }

  get allocation(): Allocation | null {
    return this.#allocation;
  }

  get pending(): string | null {
    if (this.#allocation !== null) return null;
    const planned =
      this.#phases === null
        ? 'checkPlan was not called, which tells it how many steps there will be'
        : `the budget is the final one after step ${this.#phases.settledStep}; it saw ${this.#step}`;
    return `has not come down to its final budget: ${planned}`;
  }

  trainables(): readonly Trainable[] {
    return this.#trainables;
  }

  checkPlan(plan: TrainingPlan): void {
    this.#phases = planPhases(plan, this.#options);
    const { epochs, stepsPerEpoch } = plan;
    this.#settledEpoch = Math.min(Math.ceil(this.#phases.settledStep / stepsPerEpoch), epochs - 1);
  }

  async startEpoch(): Promise<Reallocation | null> {
    const allocation = this.#allocation;
    if (allocation === null || this.#slim) return null;
    const origins = await this.#keepTriplets();
    return { trainables: this.#trainables, origins, allocation };
  }

  async afterStep(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void> {
    if (this.#slim) return;
    if (this.#phases === null) {
      throw new Error('adalora: checkPlan must come before the first step: the budget falls by the plan');
    }
    this.#step++;
    if (this.#allocation === null) {
      await this.#observe(gradients);
      const { targetRank = defaultTargetRank } = this.#options;
      const target = targetRank * this.#sites.length;
      const budget = budgetAfter(this.#step, this.#phases, this.#triplets.length, target);
      if (budget === null) return;
      const scores = this.#scores();
      const ranked = bestFirst(scores).slice(0, budget);
      for (const site of this.#sites) site.kept = [];
      for (const id of [...ranked].sort((i, j) => i - j)) {
        const triplet = this.#triplets[id];
        if (triplet !== undefined) triplet.site.kept = [...triplet.site.kept, triplet.index];
      }
      if (this.#step >= this.#phases.settledStep) this.#allocation = this.#describe(ranked, scores);
    }
    await this.#mask();
  }

  progress(): Promise<MethodProgress> {
    const { tensors, data } = allocationProgress(this.#allocation);
    const averages =
      this.#allocation === null ? importanceProgress(this.#scored()) : new Map<string, ProgressTensor>();
    return Promise.resolve({
      tensors: new Map([...tensors, ...averages]),
      data: { ...data, step: this.#step, slim: this.#slim, kept: this.#sites.map(({ kept }) => kept) },
    });
  }

  async resume(progress: MethodProgress): Promise<void> {
    const read = new ProgressReader(this.name, progress);
    const step = read.whole('step', 0);
    const slim = read.value('slim', 'true or false', (value) => typeof value === 'boolean');
    const allocation = readAllocation(read, this.#triplets.length);
    const kept = read.value(
      'kept',
      `a list of triplets for each of ${this.#sites.length} sites`,
      (value): value is number[][] =>
        Array.isArray(value) && value.length === this.#sites.length && value.every(isIndices),
    );
    if (allocation === null) readImportance(read, this.#scored())();
    this.#sites.forEach((site, i) => {
      site.kept = kept[i] ?? [];
    });
    this.#step = step;
    this.#allocation = allocation;
    if (slim) await this.#keepTriplets();
  }

  async state(): Promise<MethodState> {
    const layers = this.#layers();
    return {
      method: this.name,
      tensors: new Map([...(await pairTensors(layers)), ...(await readParameters(this.#biases))]),
      layout: { sites: pairLayout(layers), biases: this.#biases.map(({ name }) => name) },
    };
  }

  deltas(): Promise<ReadonlyMap<string, LowRankDelta>> {
    return pairDeltas(this.#layers());
  }

  dispose(): void {
    foldPairs(this.#layers());
  }

  /** Takes away the triplets that are not kept. @returns where the others' values come from */
  async #keepTriplets(): Promise<ReadonlyMap<string, StateOrigin>> {
    const origins = new Map<string, StateOrigin>();
    for (const { layer, rank, scale, kept } of this.#sites) {
      const { pair, outFeatures } = layer;
      if (pair?.diagonal === undefined) throw new Error(`adalora: ${layer.name} has lost its triplets`);
      const [a, b, diagonal] = await Promise.all(
        [pair.a, pair.b, pair.diagonal].map((one) => readFlat([one])),
      );
      const values = {
        a: takeColumns(a ?? empty, outFeatures, rank, kept),
        b: takeRows(b ?? empty, layer.inFeatures, kept),
        diagonal: takeRows(diagonal ?? empty, 1, kept),
      };
      putPair(layer, kept.length, values, { scale, dropout: pair.dropout ?? 0 });
      origins.set(`${layer.name}.a`, { axis: 1, indices: kept });
      for (const part of ['b', 'diagonal']) origins.set(`${layer.name}.${part}`, { axis: 0, indices: kept });
    }
    this.#slim = true;
    this.#trainables = this.#listTrainables();
    return origins;
  }

  /** Every tensor's average, by the trainable's name. */
  #scored(): ScoredTensor[] {
    return this.#sites.flatMap(({ layer: { name }, averages }) =>
      parts.map((part) => ({ name: `${name}.${part}`, average: averages[part] })),
    );
  }

  #layers(): AdaptableLayer[] {
    return this.#sites.map(({ layer }) => layer);
  }

  #listTrainables(): readonly Trainable[] {
    const biases = new Set(this.#biases.map(({ name }) => name));
    return listTrainables(
      this.#model,
      this.#layers(),
      ({ name, role }) => role === 'head' || biases.has(name),
    );
  }

  /** Takes one step's weights and gradients into the importance averages. */
  async #observe(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void> {
    const tensors = this.#sites.flatMap(({ layer: { name, pair }, averages }) =>
      parts.map((part) => {
        const gradient = gradients.get(`${name}.${part}`);
        const variable = pair?.[part];
        if (gradient === undefined || variable === undefined) {
          throw new Error(`adalora: gradients must hold every trainable; ${name}.${part} is missing`);
        }
        return { variable, gradient, average: averages[part] };
      }),
    );
    const [weights, flat] = await Promise.all([
      readFlat(tensors.map(({ variable }) => variable)),
      readFlat(tensors.map(({ gradient }) => gradient)),
    ]);
    let offset = 0;
    for (const { average } of tensors) {
      average.update(weights, flat, offset);
      offset += average.size;
    }
  }

  /** The triplets' importance S, in their order. */
  #scores(): Float64Array {
    const bySite = this.#sites.map(({ averages, rank }) => {
      const [a, b, diagonal] = parts.map((part) => averages[part].scores());
      return Array.from({ length: rank }, (_, i) => (diagonal?.[i] ?? 0) + (a?.[i] ?? 0) + (b?.[i] ?? 0));
    });
    return Float64Array.from(bySite.flat());
  }

  /** λ of every triplet that is not kept becomes zero. */
  async #mask(): Promise<void> {
    for (const { layer, rank, kept } of this.#sites) {
      const diagonal = layer.pair?.diagonal;
      if (diagonal === undefined || kept.length === rank) continue;
      const values = await readFlat([diagonal]);
      const masked = new Float32Array(rank);
      for (const index of kept) masked[index] = values[index] ?? 0;
      assignValues(diagonal, masked);
    }
  }

  #describe(selected: readonly number[], strengths: Float64Array): Allocation {
    return {
      selection: 'budget',
      nodes: this.#triplets.map(({ site: { layer }, index }) => ({
        name: `${layer.name}.component.${index}`,
        size: layer.outFeatures + layer.inFeatures + 1,
      })),
      selected,
      important: [],
      strengths,
      dead: [],
      samples: this.#step,
      solver: null,
    };
  }
}

const empty = new Float32Array(0);

/** Positions from the highest score to the lowest; of equals the first comes first. */
function bestFirst(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((i, j) => (scores[j] ?? 0) - (scores[i] ?? 0) || i - j);
}

function attach(model: AdaptableModel, options: AdaloraOptions): AttachedMethod {
  const { initialRank = 12, targetRank = defaultTargetRank, alpha = 8, dropout = 0, seed = 0 } = options;
  const { orthogonality: weight = defaultOrthogonality } = options;
  requireBare('adalora', model);
  checkPairOptions('adalora', { alpha, dropout, seed });
  if (!(weight >= 0 && Number.isFinite(weight))) {
    throw new Error(`adalora: orthogonality must be finite and not negative; got ${weight}`);
  }
  const ranked = rankSites('adalora', model, options, initialRank, 'initialRank');
  const initial = ranked.reduce((sum, { rank }) => sum + rank, 0);
  const mean = initial / ranked.length;
  if (!Number.isSafeInteger(targetRank) || targetRank < 1 || targetRank > mean) {
    throw new Error(
      `adalora: targetRank must be an integer in 1..${Math.floor(mean)}, the sites' mean rank at the start; got ${targetRank}`,
    );
  }
  const sites = ranked.map(({ layer, rank }): Site => {
    const { outFeatures, inFeatures } = layer;
    return {
      layer,
      rank,
      scale: alpha / rank,
      averages: {
        a: new ImportanceAverage(outFeatures, rank, 'columns', options.importance),
        b: new ImportanceAverage(rank, inFeatures, 'rows', options.importance),
        diagonal: new ImportanceAverage(1, rank, 'columns', options.importance),
      },
      kept: Array.from({ length: rank }, (_, i) => i),
    };
  });
  for (const { layer, rank, scale } of sites) {
    // By the layer's position: a site's values do not depend on which other layers are sites.
    const normal = normals(seededGenerator(seed, model.layers.indexOf(layer)));
    const draw = (size: number): Float32Array =>
      Float32Array.from({ length: size }, () => initialDeviation * normal());
    const a = draw(layer.outFeatures * rank);
    const b = draw(rank * layer.inFeatures);
    putPair(layer, rank, { a, b, diagonal: new Float32Array(rank) }, { scale, dropout });
  }
  return new AdaloraMethod(model, sites, options);
}

export const adalora: MethodDefinition<AdaloraOptions> = {
  name: 'adalora',
  optionNames: [
    ...siteOptionNames,
    'initialRank',
    'targetRank',
    'alpha',
    'dropout',
    'orthogonality',
    'initialSteps',
    'finalSteps',
    'interval',
    'importance',
    'encoderBiases',
    'seed',
  ],
  attach: (model, options) => Promise.resolve(attach(model, options)),
  checkPlan: (plan, options) => {
    planPhases(plan, options);
  },
  restore: restorePairs,
};
