/**
 * How far an apca run has come, as its training state keeps it. Before the selection: the importance averages (two float64
 * numbers for each value that a node holds) and the samples. After it: what was allocated, and the values of the nodes that
 * stopped training. W_res is not kept, for attaching computes it again; a hash of the components says whether to the same bits.
 */
import { takeColumns, takeRows } from '../components.js';
import type { AllocationNode, BiasNode } from '../node.js';
import { assignValues, readTensor } from '../tensor-data.js';
import { allocationProgress, readAllocation } from './allocation-progress.js';
import { setFrozenPair } from './component-site.js';
import type { AttachedSite } from './component-site.js';
import { importanceProgress, readImportance } from './importance-progress.js';
import type { ScoredTensor } from './importance-progress.js';
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
  readonly scored: readonly ScoredTensor[];
}

export async function apcaProgress(
  { sites, nodes, scored }: ApcaParts,
  { epoch, samples, allocation }: ApcaStanding,
): Promise<MethodProgress> {
  const stored = allocationProgress(allocation);
  const data = { ...stored.data, epoch, components: initialHash(sites), samples: samples.length };
  const tensors = new Map<string, ProgressTensor>(stored.tensors);
  if (allocation === null) {
    for (const [name, tensor] of importanceProgress(scored)) tensors.set(name, tensor);
    samples.forEach((sample, i) => tensors.set(`sample ${i}`, { shape: [nodes.length], data: sample }));
    return { tensors, data };
  }
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
  return { tensors, data };
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
  const allocation = readAllocation(read, nodes.length);
  if (allocation === null) {
    const samples = Array.from({ length: read.whole('samples', 0) }, (_, i) =>
      read.float64(`sample ${i}`, [nodes.length]),
    );
    readImportance(read, scored)();
    return { epoch, samples, allocation };
  }

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
