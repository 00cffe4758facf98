/** What the graph picture's lines and symbols mean. */
import { INK, type Layer } from './drawing.js';
import { edgeStyle, nodeRadius, nodeStyle, type GraphScale } from './graph-style.js';
import type { Point } from './layout.js';
import { shortNumber } from './short-number.js';

/** Pixels that the legend takes. */
export const LEGEND_SIZE = { width: 130, height: 210 } as const;

const LINE = 20;
const FONT_SIZE = 11;

/** The legend with its upper left corner at a point; it speaks of important nodes only where there are some. */
export function graphLegend({ x, y }: Point, scale: GraphScale, withImportant: boolean): Layer[] {
  const samples = [1, 0.5, 0.1, -0.1, -0.5, -1].map((part, k) => ({
    y: y + (k + 1) * LINE,
    y2: y + (k + 1) * LINE,
    value: part * scale.limit,
  }));
  const symbolsAt = y + (samples.length + 1) * LINE + 8;
  const kinds = [false, ...(withImportant ? [true] : [])].map((important, k) => ({
    y: symbolsAt + (k + 1) * LINE,
    text: important ? 'important node' : 'node',
    ...nodeStyle(nodeRadius(scale.mostStrength / 2, important, { ...scale, ink: 1 }), important),
  }));
  return [
    {
      type: 'rule',
      rows: samples.map(({ value, ...place }) => ({ ...place, ...edgeStyle(value, scale) })),
      shared: { x, x2: x + 34 },
    },
    {
      type: 'text',
      rows: samples.map(({ value, ...place }) => ({ y: place.y, text: shortNumber(value) })),
      shared: { x: x + 42, fontSize: FONT_SIZE, baseline: 'middle', fill: INK.text },
    },
    {
      type: 'symbol',
      rows: kinds.map(({ y: at, shape, size, fill }) => ({ y: at, shape, size, fill })),
      shared: { x: x + 17, stroke: INK.paper },
    },
    {
      type: 'text',
      rows: kinds.map(({ y: at, text }) => ({ y: at, text })),
      shared: { x: x + 42, fontSize: FONT_SIZE, baseline: 'middle', fill: INK.text },
    },
    {
      type: 'text',
      rows: [
        { y, text: 'partial correlation' },
        { y: symbolsAt, text: 'area: sum over its edges' },
      ],
      shared: { x, fontSize: FONT_SIZE, baseline: 'middle', fill: INK.text },
    },
  ];
}
