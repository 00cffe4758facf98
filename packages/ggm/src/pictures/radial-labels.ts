/** Labels of nodes on a circle, pointing outwards; every k-th where the circle is too short for all. */
import { round, type Point } from './layout.js';

/** A label on the circle. */
export interface RadialLabel extends Point {
  readonly text: string;
  /** Degrees, clockwise. */
  readonly angle: number;
  readonly align: 'left' | 'right';
}

/**
 * @param nodes their points on the circle, texts and radii, clockwise from the top.
 * @param centre of the circle.
 */
export function radialLabels(
  nodes: readonly (Point & { readonly text: string; readonly radius: number })[],
  centre: Point,
  fontSize: number,
): RadialLabel[] {
  const [first = centre] = nodes;
  const circumference = 2 * Math.PI * Math.hypot(first.x - centre.x, first.y - centre.y);
  const stride = Math.max(1, Math.ceil((nodes.length * fontSize) / Math.max(1, circumference)));
  return nodes
    .filter((_, k) => k % stride === 0)
    .map(({ x, y, text, radius }) => {
      const [dx, dy] = [x - centre.x, y - centre.y];
      const length = Math.hypot(dx, dy) || 1;
      const reach = (radius + 5) / length;
      const leftward = dx < -0.5;
      const degrees = (Math.atan2(dy, dx) * 180) / Math.PI;
      return {
        x: round(x + reach * dx),
        y: round(y + reach * dy),
        text,
        // Never upside down.
        angle: round(leftward ? degrees + 180 : degrees),
        align: leftward ? 'right' : 'left',
      };
    });
}
