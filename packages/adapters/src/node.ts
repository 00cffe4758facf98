/**
 * Nodes: what the graphical model allocates training to. A node is one component of a site, i.e. the pair
 * (A[:, i], B[i, :]), or one bias vector (DESIGN: "Nodes"; arXiv 2412.08592).
 */
import type { AdaptableLayer } from './adaptable-layer.js';
import type { Parameter } from './parameter.js';

declare const nodeIdBrand: unique symbol;

/** A node's position in the node list; rows and columns of S, Ω and Δ are in this order. */
export type NodeId = number & { readonly [nodeIdBrand]: true };

export interface ComponentNode {
  readonly kind: 'component';
  readonly id: NodeId;
  readonly name: string;
  readonly site: AdaptableLayer;
  /** Which component of the site: column of A, row of B. */
  readonly component: number;
  /** Number of trainable values: out + in. */
  readonly size: number;
}

export interface BiasNode {
  readonly kind: 'bias';
  readonly id: NodeId;
  readonly name: string;
  readonly bias: Parameter;
  readonly size: number;
}

export type AllocationNode = ComponentNode | BiasNode;

export interface NodeOptions {
  /** Components per site, by site name. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Whether biases of the encoder's layers are nodes. */
  readonly encoderBiases: boolean;
  /** Whether the head's biases are nodes too (the authors' code); otherwise the head is always trained. */
  readonly headBiases: boolean;
}

/**
 * Lists the nodes in the model's order: for each layer its components, then its bias.
 * Names are `<layer>.component.<i>` and `<layer>.bias`.
 */
export function listNodes(layers: readonly AdaptableLayer[], options: NodeOptions): AllocationNode[] {
  const nodes: AllocationNode[] = [];
  const nextId = (): NodeId => nodes.length as NodeId;
  for (const layer of layers) {
    const rank = options.ranks.get(layer.name) ?? 0;
    for (let component = 0; component < rank; component++) {
      nodes.push({
        kind: 'component',
        id: nextId(),
        name: `${layer.name}.component.${component}`,
        site: layer,
        component,
        size: layer.outFeatures + layer.inFeatures,
      });
    }
    const isNode = layer.weight.role === 'head' ? options.headBiases : options.encoderBiases;
    if (layer.bias !== null && isNode) {
      nodes.push({
        kind: 'bias',
        id: nextId(),
        name: layer.bias.name,
        bias: layer.bias,
        size: layer.outFeatures,
      });
    }
  }
  return nodes;
}
