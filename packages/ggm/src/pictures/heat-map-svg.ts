/**
 * A square matrix as a heat map: blue above 0, red below, white where it is exactly 0, so that the zeros of a sparse
 * matrix can be told from small entries.
 */
import { checkOptions, requireFinite, type Matrix } from '@ggm-peft/linalg';
import { checkNodes } from '../problem/check-nodes.js';
import { xmlText } from '../export/xml-text.js';
import { readNodeNames } from '../reading/node-names.js';
import { COLOUR_BAR_WIDTH, colourBar } from './colour-bar.js';
import { INK, renderDrawing, type Layer } from './drawing.js';
import { heatMapCells } from './heat-map-cells.js';
import { textWidth, truncate } from './text-width.js';

/** Options of {@link heatMapSvg}. */
export interface HeatMapOptions {
  /** One a row and column; default the indices as text. */
  readonly nodeNames?: readonly string[];
  /** Above the picture; default none. */
  readonly title?: string;
  /** What the colours mean, beside them; default `value`. */
  readonly legend?: string;
  /** |value| of the strongest colours, positive; default the largest magnitude among the painted entries. */
  readonly limit?: number;
  /** Whether the diagonal is painted; default false, for it outweighs the rest of a precision matrix. */
  readonly diagonal?: boolean;
  /** Order of rows and columns: a permutation of 0..p−1, from `connectedComponents(fit).flat()` say. Default as is. */
  readonly order?: readonly number[];
}

const MAX_SIDE = 220;
const FULL_SIZE = 660;
const [LEAST_CELL, LARGEST_CELL] = [11, 30];
const MAX_LABEL = 130;
const MARGIN = 16;

/**
 * SVG text. All names are shown up to 60 nodes and every k-th beyond; above 220 nodes a cell stands for a block of
 * entries and shows the strongest of them (the picture says so). The same input gives the same text.
 *
 * @param matrix [p, p]: precision matrix, partial correlations, ….
 * @throws RangeError when the matrix is not square and finite or an option does not fit it, TypeError on an unknown
 *   option.
 */
export async function heatMapSvg(matrix: Matrix, options: HeatMapOptions = {}): Promise<string> {
  const caller = 'heatMapSvg';
  checkOptions(caller, options, ['nodeNames', 'title', 'legend', 'limit', 'diagonal', 'order']);
  const p = matrix.rows;
  if (matrix.cols !== p) throw new RangeError(`${caller}: matrix must be square; got ${p} x ${matrix.cols}`);
  requireFinite(`${caller}: matrix`, matrix);
  const names = readNodeNames(caller, options.nodeNames, p);
  const { title = '', legend = 'value', diagonal = false } = options;
  const order = options.order ?? names.map((_, i) => i);
  if (order.length !== p) throw new RangeError(`${caller}: order must hold ${p} nodes; got ${order.length}`);
  checkNodes(`${caller}: order`, order, p);
  for (const text of [...names, title, legend]) xmlText(`${caller}: a name`, text);

  const { side, block, cells } = heatMapCells(matrix, order, diagonal, MAX_SIDE);
  const limit = options.limit ?? (cells.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1);
  if (!(limit > 0 && limit < Infinity)) {
    throw new RangeError(`${caller}: limit must be positive and finite; got ${limit}`);
  }
  // Whole pixels: between others, hairlines would show.
  const cell =
    side * LEAST_CELL > FULL_SIZE
      ? Math.floor(FULL_SIZE / side)
      : clamp(Math.floor(FULL_SIZE / 2 / side), LEAST_CELL, LARGEST_CELL);
  const size = cell * side;
  const fontSize = Math.min(12, cell <= LEAST_CELL ? 10 : cell - 1);
  // Every k-th row of cells gets its first node's name.
  const stride = Math.ceil(LEAST_CELL / cell);
  const labels = Array.from({ length: Math.ceil(side / stride) }, (_, k) => ({
    centre: (k * stride + 0.5) * cell,
    text: truncate(names[order[k * stride * block] ?? 0] ?? '', fontSize, MAX_LABEL),
  }));
  const labelWidth = Math.max(...labels.map(({ text }) => textWidth(text, fontSize)));
  const left = Math.ceil(MARGIN + labelWidth + 6);
  const top = MARGIN + (title === '' ? 0 : 26);
  const note = noteOn(p, block, stride);
  const barHeight = clamp(size, 120, 240);
  const pictureHeight = Math.max(size + 6 + labelWidth, barHeight);
  const layers: Layer[] = [
    {
      type: 'rect',
      rows: cells.map(({ row, col, value }) => ({ x: left + col * cell, y: top + row * cell, value })),
      shared: { width: cell, height: cell },
      coloured: 'fill',
    },
    {
      type: 'rect',
      // Grey where entries were left out; in blocks other entries lie there too.
      rows: Array.from({ length: diagonal || block > 1 ? 0 : side }, (_, k) => ({
        x: left + k * cell,
        y: top + k * cell,
      })),
      shared: { width: cell, height: cell, fill: '#e4e4e4' },
    },
    {
      type: 'rect',
      rows: [{ x: left, y: top, width: size, height: size }],
      shared: { stroke: INK.frame, strokeWidth: 1, fill: 'transparent' },
    },
    {
      type: 'text',
      rows: labels.map(({ centre, text }) => ({ y: top + centre, text })),
      shared: { x: left - 6, align: 'right', baseline: 'middle', fontSize, fill: INK.text },
    },
    {
      type: 'text',
      rows: labels.map(({ centre, text }) => ({ x: left + centre, text })),
      shared: { y: top + size + 6, angle: -90, align: 'right', baseline: 'middle', fontSize, fill: INK.text },
    },
    ...colourBar({ x: left + size + 24, y: top, height: barHeight, title: [legend], limit }),
    {
      type: 'text',
      rows: [
        ...(title === '' ? [] : [{ y: MARGIN, text: title, fontSize: 15, fill: INK.text }]),
        { y: top + pictureHeight + 10, text: note, fontSize: 11, fill: INK.faint },
      ],
      shared: { x: left, baseline: 'top' },
    },
  ];
  const words = Math.max(textWidth(title, 15), textWidth(note, 11));
  const legendWidth = 24 + Math.max(COLOUR_BAR_WIDTH, textWidth(legend, 11));
  return renderDrawing({
    width: Math.ceil(left + Math.max(size + legendWidth, words) + MARGIN),
    height: Math.ceil(top + pictureHeight + 28 + MARGIN),
    description: `Heat map of a ${p} x ${p} matrix${title === '' ? '' : `: ${title}`}`,
    layers,
    colourLimit: limit,
  });
}

function noteOn(p: number, block: number, stride: number): string {
  return [
    ...(block > 1 ? [`each cell: the strongest of ${block} x ${block} entries`] : []),
    'white: exactly 0',
    ...(stride * block > 1 ? [`one name in ${stride * block} of ${p} shown`] : []),
  ].join('; ');
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
