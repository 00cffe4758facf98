/** The methods under contract, each with options that put it through everything that it does, and what it must train. */
import type { AdaptableLayer, AttachedMethod, Parameter, TrainableModel } from '@ggm-peft/adapters';
import { attachMethod } from '@ggm-peft/adapters';
import type { MethodName } from '@ggm-peft/adapters';

/** What the counts are made of. */
interface Parts {
  readonly model: TrainableModel;
  readonly sites: readonly AdaptableLayer[];
}

export interface ContractMethod {
  readonly title: string;
  readonly name: MethodName;
  readonly attach: (model: TrainableModel, sites: readonly string[]) => Promise<AttachedMethod>;
  /** Values of the encoder that train when it is attached. */
  readonly trained: (parts: Parts) => number;
  /** Whether it allocates: fewer values train in the end. */
  readonly allocates: boolean;
  /** Whether attaching leaves the outputs' bits as they are; else they agree to rounding. */
  readonly exact: boolean;
}

const rank = 3;
const K = 7;

const components = ({ sites }: Parts, r: number): number =>
  sum(sites.map(({ outFeatures, inFeatures }) => r * (outFeatures + inFeatures)));
const encoder = ({ model }: Parts): readonly Parameter[] =>
  model.parameters.filter(({ role }) => role === 'encoder');
const layerBiases = ({ model }: Parts): number =>
  sum(
    model.layers.flatMap(({ weight, bias }) =>
      weight.role === 'encoder' && bias !== null ? [bias.variable.size] : [],
    ),
  );

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const apca = (selection: 'ggm' | 'importance' | 'uniform'): ContractMethod => ({
  title: `apca, ${selection}`,
  name: 'apca',
  attach: (model, sites) =>
    attachMethod(model, 'apca', {
      sites,
      rank,
      selection,
      targetNodes: K,
      ...(selection === 'ggm' ? { importantNodes: 3 } : {}),
    }),
  trained: (parts) => components(parts, rank) + layerBiases(parts),
  allocates: true,
  exact: false,
});

export const contractMethods: readonly ContractMethod[] = [
  apca('ggm'),
  apca('importance'),
  apca('uniform'),
  {
    title: 'apca without biases',
    name: 'apca',
    attach: (model, sites) =>
      attachMethod(model, 'apca', {
        sites,
        rank,
        encoderBiases: false,
        targetNodes: K,
        importantNodes: 3,
      }),
    trained: (parts) => components(parts, rank),
    allocates: true,
    exact: false,
  },
  {
    title: 'pissa',
    name: 'pissa',
    attach: (model, sites) => attachMethod(model, 'pissa', { sites, rank }),
    trained: (parts) => components(parts, rank),
    allocates: false,
    exact: false,
  },
  {
    title: 'lora',
    name: 'lora',
    attach: (model, sites) => attachMethod(model, 'lora', { sites, rank, alpha: 6 }),
    trained: (parts) => components(parts, rank),
    allocates: false,
    exact: true,
  },
  {
    title: 'lora with biases, rank-stabilised',
    name: 'lora',
    attach: (model, sites) =>
      attachMethod(model, 'lora', { sites, rank, rankStabilised: true, encoderBiases: true }),
    trained: (parts) => components(parts, rank) + layerBiases(parts),
    allocates: false,
    exact: true,
  },
  {
    title: 'adalora',
    name: 'adalora',
    attach: (model, sites) =>
      attachMethod(model, 'adalora', { sites, initialRank: rank, targetRank: 1, finalSteps: 8 }),
    trained: (parts) => components(parts, rank) + rank * parts.sites.length,
    allocates: true,
    exact: true,
  },
  {
    title: 'bitfit',
    name: 'bitfit',
    attach: (model) => attachMethod(model, 'bitfit'),
    trained: (parts) =>
      sum(
        encoder(parts)
          .filter(({ name }) => name.endsWith('.bias'))
          .map(({ variable }) => variable.size),
      ),
    allocates: false,
    exact: true,
  },
  {
    title: 'full',
    name: 'full',
    attach: (model) => attachMethod(model, 'full'),
    trained: (parts) => sum(encoder(parts).map(({ variable }) => variable.size)),
    allocates: false,
    exact: true,
  },
  {
    title: 'head',
    name: 'head',
    attach: (model) => attachMethod(model, 'head'),
    trained: () => 0,
    allocates: false,
    exact: true,
  },
];
