/**
 * Where the nodes of a graph go: `force` (springs along the edges, stronger ones shorter; nodes repel each other; after
 * Fruchterman & Reingold 1991, by Vega's force transform) or `circle`. Both are deterministic: the simulation starts
 * from a fixed spiral and runs a fixed number of steps, so that one machine's answer is another's where their sine is.
 */
import { parse, View } from 'vega';
import type { Edge } from '../reading/edges.js';

/** The kinds of layout. */
export type GraphLayout = 'force' | 'circle';

/** A point, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const ITERATIONS = 400;
const DISTANCE = 60;

/** Positions of nodes 0..nodeCount−1 in a box. */
export async function layOut(
  layout: GraphLayout,
  nodeCount: number,
  edges: readonly Pick<Edge, 'i' | 'j' | 'partialCorrelation'>[],
  box: Box,
): Promise<Point[]> {
  return layout === 'circle' ? circle(nodeCount, box) : fitInto(await springs(nodeCount, edges), box);
}

/** Clockwise from the top. */
function circle(nodeCount: number, { x, y, width, height }: Box): Point[] {
  const radius = Math.min(width, height) / 2;
  return Array.from({ length: nodeCount }, (_, i) => {
    const angle = (2 * Math.PI * i) / nodeCount;
    return {
      x: round(x + width / 2 + radius * Math.sin(angle)),
      y: round(y + height / 2 - radius * Math.cos(angle)),
    };
  });
}

async function springs(
  nodeCount: number,
  edges: readonly Pick<Edge, 'i' | 'j' | 'partialCorrelation'>[],
): Promise<Point[]> {
  const strongest = edges.reduce((most, edge) => Math.max(most, Math.abs(edge.partialCorrelation)), 0) || 1;
  const links = edges.map(({ i, j, partialCorrelation }) => ({
    source: i,
    target: j,
    length: DISTANCE * (2 - Math.abs(partialCorrelation) / strongest),
  }));
  const view = new View(
    parse({
      data: [
        { name: 'links', values: links },
        {
          name: 'nodes',
          values: Array.from({ length: nodeCount }, (_, index) => ({ index })),
          transform: [
            {
              type: 'force',
              static: true,
              iterations: ITERATIONS,
              forces: [
                { force: 'link', links: 'links', distance: { expr: 'datum.length' } },
                { force: 'nbody', strength: -8 * DISTANCE },
                { force: 'collide', radius: DISTANCE / 3 },
                // Keeps the components together.
                { force: 'x', strength: 0.12 },
                { force: 'y', strength: 0.12 },
              ],
            },
          ],
        },
      ],
    }),
    { renderer: 'none' },
  );
  try {
    await view.runAsync();
    const rows: unknown[] = view.data('nodes');
    return rows.map(pointOf);
  } finally {
    view.finalize();
  }
}

function pointOf(row: unknown): Point {
  if (typeof row === 'object' && row !== null && 'x' in row && 'y' in row) {
    const { x, y } = row;
    if (typeof x === 'number' && typeof y === 'number') return { x, y };
  }
  throw new Error('graphSvg: the force layout gave a node no position');
}

/** The points moved and scaled together, so that they fill a box. */
function fitInto(points: readonly Point[], box: Box): Point[] {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(box.width / (right - left || 1), box.height / (bottom - top || 1));
  return points.map(({ x, y }) => ({
    x: round(box.x + box.width / 2 + scale * (x - (left + right) / 2)),
    y: round(box.y + box.height / 2 + scale * (y - (top + bottom) / 2)),
  }));
}

/** A rectangle, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Hundredths of a pixel: shorter text, same picture. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
