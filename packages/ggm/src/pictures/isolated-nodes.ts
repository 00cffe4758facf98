/** The nodes without an edge, in rows below the graph: with their names where these are few, as dots where many. */
import { INK, type Layer } from './drawing.js';
import { nodeStyle } from './graph-style.js';
import type { Point } from './layout.js';
import { textWidth } from './text-width.js';

/** A node without an edge. */
export interface IsolatedNode {
  readonly text: string;
  readonly important: boolean;
}

const FONT_SIZE = 11;
const RADIUS = 4;
const HEADING = 22;
const MOST_NAMED = 60;

/**
 * The rows and the height that they take, 0 when there is no such node.
 *
 * @param corner upper left.
 * @param width pixels to use.
 */
export function isolatedNodes(
  nodes: readonly IsolatedNode[],
  corner: Point,
  width: number,
): { height: number; layers: Layer[] } {
  if (nodes.length === 0) return { height: 0, layers: [] };
  const named = nodes.length <= MOST_NAMED;
  const widest = named ? Math.max(...nodes.map(({ text }) => textWidth(text, FONT_SIZE))) + 26 : 12;
  const lineHeight = named ? 18 : 12;
  const columns = Math.max(1, Math.floor(width / widest));
  const placed = nodes.map((node, k) => ({
    ...node,
    x: corner.x + RADIUS + (k % columns) * widest,
    y: corner.y + HEADING + RADIUS + Math.floor(k / columns) * lineHeight,
  }));
  const heading = nodes.length === 1 ? '1 node without an edge' : `${nodes.length} nodes without an edge`;
  return {
    height: HEADING + Math.ceil(nodes.length / columns) * lineHeight,
    layers: [
      {
        type: 'text',
        rows: [{ x: corner.x, y: corner.y, text: heading }],
        shared: { fontSize: FONT_SIZE, baseline: 'top', fill: INK.faint },
      },
      {
        type: 'symbol',
        rows: placed.map(({ x, y, important }) => ({ x, y, ...nodeStyle(RADIUS, important) })),
      },
      {
        type: 'text',
        rows: named ? placed.map(({ x, y, text }) => ({ x: x + RADIUS + 5, y, text })) : [],
        shared: { fontSize: FONT_SIZE, baseline: 'middle', fill: INK.text },
      },
    ],
  };
}
