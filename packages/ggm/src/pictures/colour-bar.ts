/** The bar that explains the colours of signed values. */
import { INK, type Layer } from './drawing.js';
import { shortNumber } from './short-number.js';

/** Where a bar goes, in pixels, and what it says. */
export interface ColourBarPlace {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Lines above the bar. */
  readonly title: readonly string[];
  /** The |value| at its ends. */
  readonly limit: number;
}

/** Pixels from a bar's left edge to the end of its numbers. */
export const COLOUR_BAR_WIDTH = 110;

const STEPS = 41; // odd: one of them is 0's
const BOX_WIDTH = 14;
const LINE = 14;

/** A vertical bar: the largest value at its top, five numbers beside it. */
export function colourBar({ x, y, height, title, limit }: ColourBarPlace): Layer[] {
  const top = y + title.length * LINE + 4;
  const length = height - (top - y);
  const step = length / STEPS;
  const levels = [1, 0.5, 0, -0.5, -1];
  return [
    {
      type: 'rect',
      // Half a pixel over the next box, or seams show.
      rows: Array.from({ length: STEPS }, (_, k) => ({
        y: top + k * step,
        height: k === STEPS - 1 ? step : step + 0.5,
        value: limit * (1 - (2 * k) / (STEPS - 1)),
      })),
      shared: { x, width: BOX_WIDTH },
      coloured: 'fill',
    },
    {
      type: 'text',
      rows: levels.map((level) => ({
        y: top + step / 2 + ((1 - level) / 2) * (length - step),
        text: shortNumber(level * limit),
      })),
      shared: { x: x + BOX_WIDTH + 6, fontSize: 11, baseline: 'middle', fill: INK.text },
    },
    {
      type: 'text',
      rows: title.map((text, k) => ({ y: y + k * LINE, text })),
      shared: { x, fontSize: 11, baseline: 'top', fill: INK.text },
    },
  ];
}
