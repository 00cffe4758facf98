/** The connected part of the graph picture: lines, symbols and labels, given where the nodes are. */
import { INK, type Layer } from './drawing.js';
import { edgeStyle, nodeStyle, type GraphScale } from './graph-style.js';
import type { Box, GraphLayout, Point } from './layout.js';
import { placeLabels, type Segment } from './place-labels.js';
import { radialLabels } from './radial-labels.js';

/** A node of the picture. */
export interface PictureNode {
  /** Its name, cut to a width that there is room for. */
  readonly text: string;
  readonly important: boolean;
  readonly degree: number;
  readonly radius: number;
}

/** A node and its place. */
export type PlacedNode = PictureNode & Point;

/** An edge and the places of its ends. */
export interface PlacedEdge extends Segment {
  readonly partialCorrelation: number;
}

/** What is to be drawn. */
export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[];
  /** Strongest first. */
  readonly edges: readonly PlacedEdge[];
  readonly scale: GraphScale;
  readonly layout: GraphLayout;
  /** Where labels may go. */
  readonly frame: Box;
}

export const LABEL_SIZE = 12;
/** Up to here every node gets its label, beyond those for which there is room. */
const ALL_LABELLED = 60;

/** Back to front: edges with the strongest on top, nodes, labels. */
export function graphLayers({ nodes, edges, scale, layout, frame }: PlacedGraph): Layer[] {
  return [
    {
      type: 'rule',
      rows: edges.toReversed().map(({ from, to, partialCorrelation }) => ({
        x: from.x,
        y: from.y,
        x2: to.x,
        y2: to.y,
        ...edgeStyle(partialCorrelation, scale),
      })),
    },
    {
      type: 'symbol',
      rows: nodes.map(({ x, y, radius, important }) => ({ x, y, ...nodeStyle(radius, important) })),
      shared: { stroke: INK.paper, strokeWidth: scale.ink },
    },
    ...labelLayers(
      layout === 'circle'
        ? radialLabels(nodes, middleOf(frame), LABEL_SIZE).map((label) => ({ ...label }))
        : labelsBeside(nodes, edges, frame),
    ),
  ];
}

function labelsBeside(nodes: readonly PlacedNode[], edges: readonly PlacedEdge[], frame: Box): Layer['rows'] {
  // The nodes that matter choose first; sorting is stable.
  const inTurn = nodes
    .toSorted((a, b) => Number(b.important) - Number(a.important) || b.degree - a.degree)
    .map((node) => ({ ...node, always: node.important || nodes.length <= ALL_LABELLED }));
  return placeLabels(inTurn, edges, frame, LABEL_SIZE).map(({ x, y, text }) => ({ x, y, text }));
}

/** The texts twice: a pale outline that keeps them legible over edges, then the ink. */
function labelLayers(rows: Layer['rows']): Layer[] {
  const shared = { fontSize: LABEL_SIZE, baseline: 'middle' };
  return [
    {
      type: 'text',
      rows,
      shared: { ...shared, stroke: INK.paper, strokeWidth: 3, strokeOpacity: 0.9, strokeJoin: 'round' },
    },
    { type: 'text', rows, shared: { ...shared, fill: INK.text } },
  ];
}

function middleOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
