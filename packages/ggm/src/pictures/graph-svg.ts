/**
 * The graph of a fit as a picture: blue edges for positive partial correlations, red for negative ones, the wider the
 * stronger; a node's area grows with its strength; important nodes are diamonds. Nodes without an edge stand below.
 */
import { checkOptions } from '@ggm-peft/linalg';
import { checkNodes } from '../problem/check-nodes.js';
import { xmlText } from '../export/xml-text.js';
import { EDGE_OPTION_KEYS, readEdges, type Edge, type EdgeOptions } from '../reading/edges.js';
import type { PrecisionLike } from '../reading/precision-estimate.js';
import { readNodeNames } from '../reading/node-names.js';
import { nodeCountOf, strengthsOf } from '../reading/node-strengths.js';
import { INK, renderDrawing, type Layer } from './drawing.js';
import { graphLayers, LABEL_SIZE, type PictureNode } from './graph-layers.js';
import { graphLegend, LEGEND_SIZE } from './graph-legend.js';
import { inkFor, nodeRadius, type GraphScale } from './graph-style.js';
import { isolatedNodes } from './isolated-nodes.js';
import { layOut, type GraphLayout, type Point } from './layout.js';
import { textWidth, truncate } from './text-width.js';

/** Options of {@link graphSvg}. */
export interface GraphSvgOptions extends EdgeOptions {
  /** Drawn as diamonds, in another colour; default none. */
  readonly importantNodes?: readonly number[];
  /** Default `force`. */
  readonly layout?: GraphLayout;
  /** Above the picture; default none. */
  readonly title?: string;
  /** Draw at most this many edges, the strongest; default 1500. The picture says so where it leaves some out. */
  readonly maxEdges?: number;
}

const MARGIN = 16;
const GAP = 24;
const MAX_LABEL = 150;
const [LEAST_SIDE, LARGEST_SIDE] = [400, 900];

/**
 * SVG text. The same input gives the same text. Up to 60 connected nodes every one has its name, beyond those for which
 * there is room, important and well-connected nodes first.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options which edges, names, important nodes, layout; see {@link GraphSvgOptions}.
 * @throws RangeError as `edges` does and on an option out of range, TypeError on an unknown option.
 */
export async function graphSvg(estimate: PrecisionLike, options: GraphSvgOptions = {}): Promise<string> {
  const caller = 'graphSvg';
  checkOptions(caller, options, [...EDGE_OPTION_KEYS, 'importantNodes', 'layout', 'title', 'maxEdges']);
  const { importantNodes = [], layout = 'force', title = '', maxEdges = 1500, ...edgeOptions } = options;
  const edges = readEdges(caller, estimate, edgeOptions);
  const p = nodeCountOf(estimate);
  const names = readNodeNames(caller, edgeOptions.nodeNames, p);
  checkNodes(`${caller}: importantNodes`, importantNodes, p);
  if (!['force', 'circle'].includes(layout)) {
    throw new RangeError(`${caller}: layout must be "force" or "circle"; got "${layout}"`);
  }
  if (!Number.isInteger(maxEdges) || maxEdges < 1) {
    throw new RangeError(`${caller}: maxEdges must be a positive integer; got ${maxEdges}`);
  }
  for (const text of [...names, title]) xmlText(`${caller}: a name`, text);

  const { degree, strength } = strengthsOf(edges, p);
  const scale = {
    limit: Math.abs(edges[0]?.partialCorrelation ?? 0) || 1,
    mostStrength: strength.reduce((most, value) => Math.max(most, value), 0),
    ink: inkFor(p, Math.min(edges.length, maxEdges)),
  };
  const important = new Set(importantNodes);
  const nodes = names.map((name, i) => ({
    text: truncate(name, LABEL_SIZE, MAX_LABEL),
    important: important.has(i),
    degree: degree[i] ?? 0,
    radius: nodeRadius(strength[i] ?? 0, important.has(i), scale),
  }));
  return drawGraph({ nodes, edges, scale, layout, title, maxEdges });
}

interface GraphPicture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly Edge[];
  readonly scale: GraphScale;
  readonly layout: GraphLayout;
  readonly title: string;
  readonly maxEdges: number;
}

async function drawGraph({ nodes, edges, scale, layout, title, maxEdges }: GraphPicture): Promise<string> {
  const connected = nodes.filter((node) => node.degree > 0);
  const widest = Math.max(0, ...connected.map(({ text }) => textWidth(text, LABEL_SIZE)));
  // Room for the labels around the box that the nodes fill.
  const inset = layout === 'circle' ? widest + 16 : Math.min(60, widest / 2 + 16);
  const grown = Math.ceil(100 * Math.sqrt(connected.length) + (layout === 'circle' ? 2 * inset - 100 : 0));
  const side = connected.length === 0 ? 0 : Math.min(LARGEST_SIDE, Math.max(LEAST_SIDE, grown));
  const width = Math.max(side, LEAST_SIDE);
  const top = MARGIN + (title === '' ? 0 : 28);
  const frame = { x: MARGIN, y: top, width, height: side };
  const box = {
    x: frame.x + inset,
    y: frame.y + inset,
    width: width - 2 * inset,
    height: Math.max(0, side - 2 * inset),
  };

  // The layout knows the connected nodes only, by their places in that list.
  const drawn = edges.slice(0, maxEdges);
  const places = new Map<PictureNode, number>(connected.map((node, k) => [node, k]));
  const placeOf = (i: number): number => {
    const node = nodes[i];
    return (node && places.get(node)) ?? 0;
  };
  const links = drawn.map((edge) => ({ ...edge, i: placeOf(edge.i), j: placeOf(edge.j) }));
  const points = await layOut(layout, connected.length, links, box);
  const pointOf = (k: number): Point => points[k] ?? { x: box.x, y: box.y };

  const graph = graphLayers({
    nodes: connected.map((node, k) => ({ ...node, ...pointOf(k) })),
    edges: links.map(({ i, j, partialCorrelation }) => ({
      from: pointOf(i),
      to: pointOf(j),
      partialCorrelation,
    })),
    scale,
    layout,
    frame,
  });
  const belowGraph = top + (connected.length === 0 ? 0 : Math.max(side, LEGEND_SIZE.height)) + 8;
  const isolated = isolatedNodes(
    nodes.filter((node) => node.degree === 0),
    { x: MARGIN + 4, y: belowGraph },
    width + (connected.length === 0 ? 0 : GAP + LEGEND_SIZE.width),
  );
  const note =
    edges.length > drawn.length ? `the strongest ${drawn.length} of ${edges.length} edges are drawn` : '';
  const noteAt = belowGraph + isolated.height + 8;
  const legendAt = { x: MARGIN + width + GAP, y: top + 8 };
  return renderDrawing({
    width: Math.ceil(
      Math.max(
        MARGIN + width + (connected.length === 0 ? 0 : GAP + LEGEND_SIZE.width),
        MARGIN + textWidth(title, 15),
      ) + MARGIN,
    ),
    height: Math.ceil(noteAt + (note === '' ? 0 : 18) + MARGIN / 2),
    description: `Graph of ${nodes.length} nodes and ${edges.length} edges${title === '' ? '' : `: ${title}`}`,
    layers: [
      ...graph,
      ...(connected.length === 0
        ? []
        : graphLegend(
            legendAt,
            scale,
            nodes.some((node) => node.important),
          )),
      ...isolated.layers,
      heading(title, note, noteAt),
    ],
  });
}

function heading(title: string, note: string, noteAt: number): Layer {
  return {
    type: 'text',
    rows: [
      ...(title === '' ? [] : [{ y: MARGIN, text: title, fontSize: 15, fill: INK.text }]),
      ...(note === '' ? [] : [{ y: noteAt, text: note, fontSize: 11, fill: INK.faint }]),
    ],
    shared: { x: MARGIN + 4, baseline: 'top' },
  };
}
