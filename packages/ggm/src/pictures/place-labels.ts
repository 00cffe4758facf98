/**
 * Labels beside their nodes, none over another label or a node where there is room: greedily, in the order given, each at the one of eight
 * places around its node that fewest edges cross. (Imhof 1962 has the places and their order of preference.)
 */
import { round, type Box, type Point } from './layout.js';
import { textWidth } from './text-width.js';

/** A node to be labelled. */
export interface LabelledNode extends Point {
  readonly text: string;
  readonly radius: number;
  /** Whether it gets its label even where no place is free. */
  readonly always: boolean;
}

/** A label and its left, middle point. */
export interface PlacedLabel extends Point {
  readonly text: string;
}

/** A line that labels should not hide. */
export interface Segment {
  readonly from: Point;
  readonly to: Point;
}

const GAP = 3;
/** A label over more edges than this is hard to read and hides them. */
const MOST_CROSSED = 4;
/** Directions from the node, best first. */
const PLACES: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [0.7, -0.7],
  [-0.7, -0.7],
  [0.7, 0.7],
  [-0.7, 0.7],
];

/**
 * Places labels, first come first served.
 *
 * @param nodes in the order in which they choose.
 * @param segments the edges.
 * @param frame labels stay inside.
 */
export function placeLabels(
  nodes: readonly LabelledNode[],
  segments: readonly Segment[],
  frame: Box,
  fontSize: number,
): PlacedLabel[] {
  const obstacles: Box[] = nodes.map(({ x, y, radius }) => ({
    x: x - radius,
    y: y - radius,
    width: 2 * radius,
    height: 2 * radius,
  }));
  const placed: PlacedLabel[] = [];
  for (const node of nodes) {
    const width = textWidth(node.text, fontSize);
    const candidates = PLACES.map(([dx, dy], preference) => {
      const box = boxBeside(node, dx, dy, width, fontSize);
      const inside =
        box.x >= frame.x &&
        box.y >= frame.y &&
        box.x + box.width <= frame.x + frame.width &&
        box.y + box.height <= frame.y + frame.height;
      const covered = obstacles.reduce((area, other) => area + overlap(box, other), 0);
      const crossed = segments.filter((segment) => crosses(segment, box)).length;
      return { box, inside, covered, crossed, cost: crossed + 0.3 * preference };
    });
    const best = candidates
      .filter(({ inside }) => inside)
      .sort((a, b) => a.covered - b.covered || a.cost - b.cost)[0];
    if (best === undefined) continue;
    if (!node.always && (best.covered > 0 || best.crossed > MOST_CROSSED)) continue;
    obstacles.push(best.box);
    placed.push({ x: round(best.box.x), y: round(best.box.y + best.box.height / 2), text: node.text });
  }
  return placed;
}

function boxBeside(
  { x, y, radius }: LabelledNode,
  dx: number,
  dy: number,
  width: number,
  height: number,
): Box {
  const reach = radius + GAP;
  return {
    x: x + dx * reach + (Math.sign(dx) - 1) * (width / 2),
    y: y + dy * reach + (Math.sign(dy) - 1) * (height / 2),
    width,
    height,
  };
}

/** Area that two boxes share. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Whether a segment meets a box (Liang & Barsky 1984). */
function crosses({ from, to }: Segment, { x, y, width, height }: Box): boolean {
  let [enter, leave] = [0, 1];
  const sides: [number, number, number, number][] = [
    [from.x, to.x, x, x + width],
    [from.y, to.y, y, y + height],
  ];
  for (const [start, end, low, high] of sides) {
    const step = end - start;
    if (step === 0) {
      if (start < low || start > high) return false;
      continue;
    }
    const [a, b] = [(low - start) / step, (high - start) / step];
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
  }
  return enter <= leave;
}
