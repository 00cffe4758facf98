/**
 * The graph as GraphML (graphml.graphdrawing.org/xmlns), which Gephi, Cytoscape, yEd, igraph and networkx read.
 *
 * Every node of the model is in it, isolated or not. The attribute names are those that the readers look for: a node's
 * `label`, an edge's `weight`, which is the |partial correlation| because layouts and centralities take a weight for a
 * strength and most refuse a negative one; the signed numbers stand beside it.
 */
import { checkOptions } from '@ggm-peft/linalg';
import { xmlText } from './xml-text.js';
import { checkNodes } from '../problem/check-nodes.js';
import { EDGE_OPTION_KEYS, readEdges, type EdgeOptions } from '../reading/edges.js';
import type { PrecisionLike } from '../reading/precision-estimate.js';
import { readNodeNames } from '../reading/node-names.js';
import { nodeCountOf, strengthsOf } from '../reading/node-strengths.js';

/** Options of {@link toGraphMl}. */
export interface GraphMlOptions extends EdgeOptions {
  /** Nodes whose attribute `important` is true; default none. */
  readonly importantNodes?: readonly number[];
}

/** Attributes: element, name, type. Their ids in the file are their names, with the element before. */
const KEYS = [
  ['node', 'label', 'string'],
  ['node', 'important', 'boolean'],
  ['node', 'strength', 'double'],
  ['edge', 'weight', 'double'],
  ['edge', 'partialCorrelation', 'double'],
  ['edge', 'precision', 'double'],
] as const;

/**
 * GraphML text, UTF-8, undirected. Node ids are `n0`, `n1`, … in the order of the nodes.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options which edges, names, important nodes; see {@link GraphMlOptions}.
 * @throws RangeError as `edges` does, and on a name with a character that XML cannot hold; TypeError on an unknown
 *   option.
 */
export function toGraphMl(estimate: PrecisionLike, options: GraphMlOptions = {}): string {
  checkOptions('toGraphMl', options, [...EDGE_OPTION_KEYS, 'importantNodes']);
  const { importantNodes = [], ...edgeOptions } = options;
  const found = readEdges('toGraphMl', estimate, edgeOptions);
  const p = nodeCountOf(estimate);
  checkNodes('toGraphMl: importantNodes', importantNodes, p);
  const names = readNodeNames('toGraphMl', edgeOptions.nodeNames, p);
  const important = new Set(importantNodes);
  const { strength } = strengthsOf(found, p);
  const nodes = names.map((name, i) =>
    element(`node id="n${i}"`, 'node', [
      ['label', xmlText(`toGraphMl: nodeNames[${i}]`, name)],
      ['important', String(important.has(i))],
      ['strength', String(strength[i] ?? 0)],
    ]),
  );
  const lines = found.map(({ i, j, precision, partialCorrelation }) =>
    element(`edge source="n${i}" target="n${j}"`, 'edge', [
      ['weight', String(Math.abs(partialCorrelation))],
      ['partialCorrelation', String(partialCorrelation)],
      ['precision', String(precision)],
    ]),
  );
  const keys = KEYS.map(
    ([kind, name, type]) =>
      `  <key id="${kind}-${name}" for="${kind}" attr.name="${name}" attr.type="${type}"/>\n`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"\n',
    '    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n',
    '    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n',
    ...keys,
    '  <graph id="graph" edgedefault="undirected">\n',
    ...nodes,
    ...lines,
    '  </graph>\n',
    '</graphml>\n',
  ].join('');
}

/** A node or an edge with its data; the values are XML already. */
function element(tag: string, kind: 'node' | 'edge', data: readonly (readonly [string, string])[]): string {
  const lines = data.map(([name, value]) => `      <data key="${kind}-${name}">${value}</data>\n`);
  return `    <${tag}>\n${lines.join('')}    </${kind}>\n`;
}
