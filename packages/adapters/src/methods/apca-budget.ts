/** How many nodes apca selects, and by what: its options, checked, with their defaults. */
import { nearestNames } from '@ggm-peft/linalg';

import { selectionNames } from './selection.js';
import type { GraphOptions, SelectionName } from './selection.js';

export interface BudgetOptions {
  /** K, nodes that stay trainable after the selection; default 60. */
  readonly targetNodes?: number;
  /** What the nodes are selected by; default `ggm`, see selection.ts for the others. */
  readonly selection?: SelectionName;
  /** |I|, important nodes: those with the largest mean sample, always selected; default 30, at most K. For `ggm` only. */
  readonly importantNodes?: number;
  /** Options of the graphical model. For `ggm` and `ggm-no-important`. */
  readonly graph?: GraphOptions;
  /** Seed of the selection `random`, an integer; default 0. For `random` only. */
  readonly seed?: number;
}

export type ApcaBudget = Required<BudgetOptions>;

const defaultTargetNodes = 60;
const defaultImportantNodes = 30;

/** Options that some selections use and others do not. */
const usedBy: Readonly<Record<'importantNodes' | 'graph' | 'seed', readonly SelectionName[]>> = {
  importantNodes: ['ggm'],
  graph: ['ggm', 'ggm-no-important'],
  seed: ['random'],
};

/**
 * @param nodes how many there are
 * @throws when K does not fit the nodes, |I| does not fit K, or an option is given that the selection does not use
 */
export function readBudget(nodes: number, options: BudgetOptions): ApcaBudget {
  const { selection = 'ggm', targetNodes = defaultTargetNodes, graph = {}, seed = 0 } = options;
  if (!selectionNames.includes(selection)) {
    const name: string = selection;
    throw new Error(
      `apca: selection must be one of ${selectionNames.join(', ')}; got ${name}; ` +
        `did you mean ${nearestNames(name, selectionNames, 1).join('')}?`,
    );
  }
  for (const [name, selections] of Object.entries(usedBy)) {
    if (Object.hasOwn(options, name) && !selections.includes(selection)) {
      throw new Error(
        `apca: ${name} is for selection ${selections.join(' and ')}; got it with ${selection}, which has no use for it`,
      );
    }
  }
  if (!Number.isSafeInteger(targetNodes) || targetNodes < 1 || targetNodes > nodes) {
    throw new Error(
      `apca: targetNodes must be an integer in 1..${nodes}, the number of nodes (components and biases); got ${targetNodes}`,
    );
  }
  const { importantNodes = Math.min(defaultImportantNodes, targetNodes) } = options;
  if (!Number.isSafeInteger(importantNodes) || importantNodes < 0 || importantNodes > targetNodes) {
    throw new Error(
      `apca: importantNodes must be an integer in 0..${targetNodes} (targetNodes); got ${importantNodes}`,
    );
  }
  if (!Number.isSafeInteger(seed)) throw new Error(`apca: seed must be an integer; got ${seed}`);
  return { selection, targetNodes, importantNodes, graph, seed };
}
