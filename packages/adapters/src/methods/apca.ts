/**
 * Adaptive principal components allocation (arXiv 2412.08592).
 *
 *   attach     every site's W becomes W_res + A B with A = U_r, B = Σ_r V_rᵀ; A, B and the biases train
 *   epoch 0    all nodes train
 *   epoch 1    all nodes train, and each step's node scores are collected: one sample a step
 *   epoch 2    the ℓ2,g Gaussian graphical model is fitted to the samples, K nodes are selected, the current values
 *              of all others fold into the frozen weights, and training goes on with the selected nodes alone
 *
 * Differences from the authors' code, on purpose: the head stays trainable and its biases are no nodes unless
 * `headBiases` is set (there, a classifier bias that is not selected gets frozen). The importance averages run from the
 * first step of training, not from the first step of the collection: they start at zero, and while they rise all nodes'
 * scores rise together, which the graphical model would take for a connection between all of them. Nodes whose scores
 * are rounding noise (key biases) are connected with nothing.
 */
import type * as tf from '@tensorflow/tfjs';
import { Matrix } from '@ggm-peft/linalg';

import { checkImportance, ImportanceAverage } from '../importance.js';
import type { ImportanceOptions } from '../importance.js';
import type { AdaptableModel } from '../model.js';
import { listNodes } from '../node.js';
import { silenceDeadNodes } from '../noise.js';
import type { AllocationNode } from '../node.js';
import { rankSites, siteOptionNames } from '../site.js';
import type { SiteOptions } from '../site.js';
import { readFlat } from '../tensor-data.js';
import { readBudget } from './apca-budget.js';
import type { ApcaBudget, BudgetOptions } from './apca-budget.js';
import { checkApcaPlan, collectingEpoch, selectingEpoch } from './apca-schedule.js';
import { apcaProgress, resumeApca } from './apca-progress.js';
import type { ApcaParts } from './apca-progress.js';
import { requireBare } from './bare.js';
import { attachComponents, componentDeltas, currentComponents, setFrozenPair } from './component-site.js';
import type { AttachedSite } from './component-site.js';
import type { MethodDefinition } from './definition.js';
import type { ScoredTensor } from './importance-progress.js';
import type {
  Allocation,
  AttachedMethod,
  LowRankDelta,
  MethodState,
  Reallocation,
  Trainable,
  TrainingPlan,
} from './method.js';
import type { MethodProgress } from './progress.js';
import { foldPairs } from './pair-site.js';
import { selectNodes } from './selection.js';
import { componentLayout, componentTensors, restoreComponents } from './stored-components.js';
import { readParameters } from './stored-state.js';
import { listTrainables } from './trainables.js';

export interface ApcaOptions extends SiteOptions, BudgetOptions {
  /** r, components per site; default 10. */
  readonly rank?: number;
  /** Whether the biases of the encoder's layers are nodes; default true. */
  readonly encoderBiases?: boolean;
  /** Whether the head's biases are nodes, as in the authors' code; default false: the head always trains. */
  readonly headBiases?: boolean;
  /** β1 and β2 of the importance averages; default 0.85 each. */
  readonly importance?: ImportanceOptions;
  /** Called after each site's decomposition, for progress. */
  readonly onSite?: (done: number, total: number, site: string) => void;
}

export class ApcaMethod implements AttachedMethod {
  readonly name = 'apca';
  readonly settledEpoch = selectingEpoch;
  readonly nodes: readonly AllocationNode[];
  readonly #sites: readonly AttachedSite[];
  readonly #model: AdaptableModel;
  readonly #options: ApcaBudget;
  readonly #scored: readonly ScoredTensor[];
  readonly #biasNodes: ReadonlySet<string>;
  #trainables: readonly Trainable[];
  #samples: Float64Array[] = [];
  #epoch = -1;
  #allocation: Allocation | null = null;

  private constructor(
    model: AdaptableModel,
    sites: readonly AttachedSite[],
    nodes: readonly AllocationNode[],
    options: ApcaOptions,
  ) {
    this.#model = model;
    this.#sites = sites;
    this.nodes = nodes;
    this.#options = readBudget(nodes.length, options);
    this.#biasNodes = new Set(nodes.flatMap((node) => (node.kind === 'bias' ? [node.name] : [])));
    this.#trainables = this.#listTrainables(nodes);
    const vector = (size: number): ImportanceAverage =>
      new ImportanceAverage(1, size, 'whole', options.importance);
    this.#scored = [
      ...sites.flatMap(({ layer: { name, outFeatures, inFeatures }, rank }) => [
        {
          name: `${name}.a`,
          average: new ImportanceAverage(outFeatures, rank, 'columns', options.importance),
        },
        { name: `${name}.b`, average: new ImportanceAverage(rank, inFeatures, 'rows', options.importance) },
      ]),
      ...nodes.flatMap((node) =>
        node.kind === 'bias' ? [{ name: node.name, average: vector(node.size) }] : [],
      ),
    ];
  }

  /**
   * Decomposes every site and puts its components in place. The model then computes what it did before, up to
   * rounding; its frozen weights hold W_res.
   * @throws when a pattern matches no layer, the rank does not fit a site, or K and |I| do not fit the nodes
   */
  static async attach(model: AdaptableModel, options: ApcaOptions = {}): Promise<ApcaMethod> {
    requireBare('apca', model);
    const ranked = rankSites('apca', model, options, options.rank ?? 10);
    const nodes = listNodes(model.layers, {
      ranks: new Map(ranked.map(({ layer, rank }) => [layer.name, rank])),
      encoderBiases: options.encoderBiases ?? true,
      headBiases: options.headBiases ?? false,
    });
    readBudget(nodes.length, options);
    checkImportance(options.importance ?? {});
    return new ApcaMethod(model, await attachComponents(ranked, options.onSite), nodes, options);
  }

  get allocation(): Allocation | null {
    return this.#allocation;
  }

  get pending(): string | null {
    if (this.#allocation !== null) return null;
    return (
      `has selected no nodes, and trains all of them: the selection is at the start of the third epoch ` +
      `(startEpoch(${selectingEpoch})), after samples were collected in the second`
    );
  }

  /** The samples collected so far, copied: one row of node scores a step. */
  get samples(): readonly Float64Array[] {
    return this.#samples.map((sample) => Float64Array.from(sample));
  }

  get observesSteps(): boolean {
    return this.#epoch < selectingEpoch && this.#allocation === null;
  }

  trainables(): readonly Trainable[] {
    return this.#trainables;
  }

  checkPlan(plan: TrainingPlan): void {
    checkApcaPlan(plan);
  }

  async startEpoch(epoch: number): Promise<Reallocation | null> {
    this.#epoch = epoch;
    if (epoch < selectingEpoch || this.#allocation !== null) return null;
    return this.allocate();
  }

  async afterStep(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void> {
    if (!this.observesSteps) return;
    await this.observe(gradients);
    if (this.#epoch === collectingEpoch) this.collect();
  }

  /** Takes one step's weights and gradients into the importance averages. */
  async observe(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void> {
    const variables = new Map(this.#trainables.map(({ name, variable }) => [name, variable]));
    const weightTensors: tf.Tensor[] = [];
    const gradientTensors: tf.Tensor[] = [];
    for (const { name } of this.#scored) {
      const gradient = gradients.get(name);
      const variable = variables.get(name);
      if (gradient === undefined || variable === undefined) {
        throw new Error(`apca: gradients must hold every trainable; ${name} is missing`);
      }
      weightTensors.push(variable);
      gradientTensors.push(gradient);
    }
    const [weights, flatGradients] = await Promise.all([readFlat(weightTensors), readFlat(gradientTensors)]);
    let offset = 0;
    for (const { average } of this.#scored) {
      average.update(weights, flatGradients, offset);
      offset += average.size;
    }
  }

  /** Stores the nodes' present scores as one sample. */
  collect(): void {
    const scores = new Map(this.#scored.map(({ name, average }) => [name, average.scores()]));
    const score = (name: string, index: number): number => scores.get(name)?.[index] ?? 0;
    this.#samples.push(
      Float64Array.from(this.nodes, (node) =>
        node.kind === 'bias'
          ? score(node.name, 0)
          : (score(`${node.site.name}.a`, node.component) + score(`${node.site.name}.b`, node.component)) / 2,
      ),
    );
  }

  /**
   * Fits the graphical model to the samples, selects K nodes and freezes the others.
   * @param samples rows of node scores [n][p]; default: those collected
   */
  async allocate(samples: readonly Float64Array[] = this.#samples): Promise<Reallocation> {
    if (this.#allocation !== null) throw new Error('apca: the nodes have been allocated already');
    if (samples.length < 2) {
      throw new Error(
        `apca: the graphical model needs at least 2 samples of scores; got ${samples.length} ` +
          `(one is collected at each step of the second epoch)`,
      );
    }
    const started = performance.now();
    const scores = Matrix.from(samples);
    // The published arithmetic, noise included, is what the reference mode is for.
    const dead = this.#options.graph.mode === 'reference' ? [] : silenceDeadNodes(scores);
    const { selection } = this.#options;
    const singularValues = new Map(
      this.#sites.map(({ layer, singularValues: values }) => [layer.name, values]),
    );
    const { solver, ...chosen } = selectNodes(selection, {
      ...this.#options,
      nodes: this.nodes,
      scores,
      singularValue: (site, component) => singularValues.get(site)?.[component] ?? 0,
    });
    const allocation: Allocation = {
      ...chosen,
      selection,
      nodes: this.nodes.map(({ name, size }) => ({ name, size })),
      dead,
      samples: samples.length,
      solver: solver === null ? null : { ...solver, seconds: (performance.now() - started) / 1000 },
    };
    const origins = await this.#freeze(new Set(chosen.selected));
    this.#allocation = allocation;
    this.#samples = [];
    return { trainables: this.#trainables, origins, allocation };
  }

  progress(): Promise<MethodProgress> {
    return apcaProgress(this.#parts, {
      epoch: this.#epoch,
      samples: this.#samples,
      allocation: this.#allocation,
    });
  }

  async resume(progress: MethodProgress): Promise<void> {
    const { epoch, samples, allocation } = await resumeApca(this.#parts, progress);
    this.#epoch = epoch;
    this.#samples = [...samples];
    this.#allocation = allocation;
    if (allocation !== null) this.#keepTraining(new Set(allocation.selected));
  }

  async state(): Promise<MethodState> {
    const biases = this.nodes.flatMap((node) =>
      node.kind === 'bias' && node.bias.role === 'encoder' ? [node.bias] : [],
    );
    return {
      method: this.name,
      tensors: new Map([...(await componentTensors(this.#sites)), ...(await readParameters(biases))]),
      layout: { ...componentLayout(this.#sites), biases: biases.map(({ name }) => name) },
    };
  }

  deltas(): Promise<ReadonlyMap<string, LowRankDelta>> {
    return componentDeltas(this.#sites);
  }

  /** Folds what is trained into the weights: the model computes what it did, without adapters. */
  dispose(): void {
    foldPairs(this.#sites.map(({ layer }) => layer));
  }

  /** Folds what is not selected into the frozen weights; leaves a smaller pair, or none, at every site. */
  async #freeze(selected: ReadonlySet<number>): Promise<Reallocation['origins']> {
    const origins = new Map<string, { axis: 0 | 1; indices: readonly number[] }>();
    for (const site of this.#sites) {
      const components = this.nodes
        .filter((node) => node.kind === 'component' && node.site === site.layer)
        .flatMap((node) => (node.kind === 'component' && selected.has(node.id) ? [node.component] : []));
      const { a, b } = await currentComponents(site);
      const weight = await site.layer.readWeight();
      setFrozenPair(site.layer, weight, a, b, site.rank, components);
      site.settled = { a, b };
      site.selected = components;
      origins.set(`${site.layer.name}.a`, { axis: 1, indices: components });
      origins.set(`${site.layer.name}.b`, { axis: 0, indices: components });
    }
    this.#keepTraining(selected);
    return origins;
  }

  get #parts(): ApcaParts {
    return { sites: this.#sites, nodes: this.nodes, scored: this.#scored };
  }

  #keepTraining(selected: ReadonlySet<number>): void {
    this.#trainables = this.#listTrainables(this.nodes.filter((node) => selected.has(node.id)));
  }

  /** The tensors that hold the nodes, and the head, in the model's order. */
  #listTrainables(nodes: readonly AllocationNode[]): readonly Trainable[] {
    const biases = new Set(nodes.flatMap((node) => (node.kind === 'bias' ? [node.name] : [])));
    return listTrainables(
      this.#model,
      this.#sites.map(({ layer }) => layer),
      ({ name, role }) => biases.has(name) || (role === 'head' && !this.#biasNodes.has(name)),
    );
  }
}

export const apca: MethodDefinition<ApcaOptions> = {
  name: 'apca',
  optionNames: [
    ...siteOptionNames,
    'rank',
    'targetNodes',
    'selection',
    'importantNodes',
    'encoderBiases',
    'headBiases',
    'importance',
    'graph',
    'seed',
    'onSite',
  ],
  attach: (model, options) => ApcaMethod.attach(model, options),
  checkPlan: checkApcaPlan,
  restore: restoreComponents,
};
