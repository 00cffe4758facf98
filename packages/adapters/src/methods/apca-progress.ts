/**
 * How far an apca run has come, as its training state keeps it. Before the selection: the importance averages (two float64
 * numbers for each value that a node holds) and the samples. After it: what was allocated, and the values of the nodes that
 * stopped training. W_res is not kept, for attaching computes it again; a hash of the components says whether to the same bits.
 */
import { takeColumns, takeRows } from '../components.js';
import type { ImportanceAverage } from '../importance.js';
import type { AllocationNode, BiasNode } from '../node.js';
import { assignValues, readTensor } from '../tensor-data.js';
import { setFrozenPair } from './component-site.js';
import type { AttachedSite } from './component-site.js';
import type { Allocation } from './method.js';
import { ProgressReader } from './progress-reader.js';
import type { MethodProgress, ProgressTensor } from './progress.js';
import { initialHash } from './stored-components.js';

export interface ApcaStanding {
  /** The epoch that began last; −1 before the first. */
  readonly epoch: number;
  /** One row of node scores a step. */
  readonly samples: readonly Float64Array[];
  readonly allocation: Allocation | null;
}

/** What of the method stays the same object through a run. */
export interface ApcaParts {
  readonly sites: readonly AttachedSite[];
  readonly nodes: readonly AllocationNode[];
  readonly scored: readonly { readonly name: string; readonly average: ImportanceAverage }[];
}

export async function apcaProgress(
  { sites, nodes, scored }: ApcaParts,
  { epoch, samples, allocation }: ApcaStanding,
): Promise<MethodProgress> {
  const tensors = new Map<string, ProgressTensor>();
  const data = { epoch, components: initialHash(sites), samples: samples.length };
  if (allocation === null) {
    for (const { name, average } of scored) {
      const { sensitivity, uncertainty } = average.averages;
      tensors.set(`sensitivity ${name}`, { shape: [average.size], data: sensitivity });
      tensors.set(`uncertainty ${name}`, { shape: [average.size], data: uncertainty });
    }
    samples.forEach((sample, i) => tensors.set(`sample ${i}`, { shape: [nodes.length], data: sample }));
    return { tensors, data: { ...data, allocation: null } };
  }
  const { strengths, ...rest } = allocation;
  tensors.set('strengths', { shape: [nodes.length], data: strengths });
  for (const { layer, rank, settled, selected } of sites) {
    const frozen = frozenComponents(rank, selected);
    if (settled === null || frozen.length === 0) continue;
    const { outFeatures: out, inFeatures: inn } = layer;
    tensors.set(`frozen ${layer.name}.a`, {
      shape: [out, frozen.length],
      data: takeColumns(settled.a, out, rank, frozen),
    });
    tensors.set(`frozen ${layer.name}.b`, {
      shape: [frozen.length, inn],
      data: takeRows(settled.b, inn, frozen),
    });
  }
  for (const node of frozenBiases(nodes, allocation)) {
    tensors.set(`frozen ${node.name}`, await readTensor(node.bias.variable));
  }
  return { tensors, data: { ...data, allocation: rest } };
}

/**
 * Puts a freshly attached method's sites, biases and averages where the progress says.
 * @throws when it does not fit, before anything changes
 */
export async function resumeApca(
  { sites, nodes, scored }: ApcaParts,
  progress: MethodProgress,
): Promise<ApcaStanding> {
  const read = new ProgressReader('apca', progress);
  read.same('components', initialHash(sites));
  const epoch = read.whole('epoch', -1);
  const allocated = read.value('allocation', 'null or an allocation', isStoredAllocation);
  if (allocated === null) {
    const samples = Array.from({ length: read.whole('samples', 0) }, (_, i) =>
      read.float64(`sample ${i}`, [nodes.length]),
    );
    const averages = scored.map(({ name, average: { size } }) => ({
      sensitivity: read.float64(`sensitivity ${name}`, [size]),
      uncertainty: read.float64(`uncertainty ${name}`, [size]),
    }));
    scored.forEach(({ average }, i) => {
      const values = averages[i];
      if (values !== undefined) average.restore(values);
    });
    return { epoch, samples, allocation: null };
  }

  const allocation = { ...allocated, strengths: read.float64('strengths', [nodes.length]) };
  const chosen = new Set(allocation.selected);
  const settled = sites.map((site) => {
    const { layer, rank } = site;
    const selected = nodes.flatMap((node) =>
      node.kind === 'component' && node.site === layer && chosen.has(node.id) ? [node.component] : [],
    );
    const frozen = frozenComponents(rank, selected);
    const none = frozen.length === 0;
    return {
      site,
      selected,
      ...spread(
        site,
        frozen,
        none
          ? new Float32Array(0)
          : read.float32(`frozen ${layer.name}.a`, [layer.outFeatures, frozen.length]),
        none
          ? new Float32Array(0)
          : read.float32(`frozen ${layer.name}.b`, [frozen.length, layer.inFeatures]),
      ),
    };
  });
  const biases = frozenBiases(nodes, allocation).map(({ name, size, bias }) => ({
    variable: bias.variable,
    values: read.float32(`frozen ${name}`, [size]),
  }));

  for (const { site, selected, a, b } of settled) {
    const weight = await site.layer.readWeight();
    setFrozenPair(site.layer, weight, a, b, site.rank, selected);
    site.settled = { a, b };
    site.selected = selected;
  }
  for (const { variable, values } of biases) assignValues(variable, values);
  return { epoch, samples: [], allocation };
}

const frozenComponents = (rank: number, selected: readonly number[]): number[] =>
  Array.from({ length: rank }, (_, i) => i).filter((i) => !selected.includes(i));

function frozenBiases(
  nodes: readonly AllocationNode[],
  { selected }: Pick<Allocation, 'selected'>,
): BiasNode[] {
  const chosen = new Set(selected);
  return nodes.filter((node): node is BiasNode => node.kind === 'bias' && !chosen.has(node.id));
}

/** All components' A [out, rank] and B [rank, in], with zeros for those that train: their values come from elsewhere. */
function spread(
  { layer: { outFeatures: out, inFeatures: inn }, rank }: AttachedSite,
  components: readonly number[],
  columns: Float32Array,
  rows: Float32Array,
): { a: Float32Array; b: Float32Array } {
  const a = new Float32Array(out * rank);
  const b = new Float32Array(rank * inn);
  components.forEach((component, k) => {
    for (let o = 0; o < out; o++) a[o * rank + component] = columns[o * components.length + k] ?? 0;
    b.set(rows.subarray(k * inn, (k + 1) * inn), component * inn);
  });
  return { a, b };
}

function isStoredAllocation(value: unknown): value is Omit<Allocation, 'strengths'> | null {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  return (
    'selection' in value &&
    typeof value.selection === 'string' &&
    'nodes' in value &&
    Array.isArray(value.nodes) &&
    'selected' in value &&
    isIndices(value.selected) &&
    'important' in value &&
    isIndices(value.important) &&
    'dead' in value &&
    isIndices(value.dead) &&
    'samples' in value &&
    typeof value.samples === 'number' &&
    'solver' in value &&
    typeof value.solver === 'object'
  );
}

const isIndices = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
