/**
 * A drawing as Vega marks, and its SVG text: in Node and in browsers, without a canvas.
 *
 * The callers say where everything goes, in pixels, so Vega lays nothing out (autosize `none`) and measures no text:
 * the same input gives the same bytes everywhere. Vega contributes the marks, the colours and the SVG.
 */
import { parse, View, type Data, type EncodeEntry, type Mark, type Scale } from 'vega';
import { xmlText } from '../export/xml-text.js';

/** Inks that are not data. */
export const INK = { text: '#222222', faint: '#666666', frame: '#bbbbbb', paper: '#ffffff' } as const;

const FONT = 'Helvetica, Arial, sans-serif';

/** Marks of one kind, each row's fields being its channels: x, y, width, text, …. */
export interface Layer {
  readonly type: 'rect' | 'rule' | 'symbol' | 'text';
  /** All with the same fields. */
  readonly rows: readonly Readonly<Record<string, number | string>>[];
  /** Channels that all rows share. */
  readonly shared?: Readonly<Record<string, number | string>>;
  /** A channel that takes the colour of the rows' field `value`. */
  readonly coloured?: 'fill' | 'stroke';
}

/** A whole picture. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** For readers who cannot see it. */
  readonly description: string;
  /** Back to front. */
  readonly layers: readonly Layer[];
  /**
   * The |value| of the strongest colours of `coloured` layers: blue above 0, red below, pale at 0 (ColorBrewer's RdBu).
   * Default 1.
   */
  readonly colourLimit?: number;
}

/** The drawing as SVG text. */
export async function renderDrawing(drawing: Drawing): Promise<string> {
  const { width, height, description, colourLimit = 1 } = drawing;
  const layers = drawing.layers.filter(({ rows }) => rows.length > 0);
  const spec = {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    width,
    height,
    padding: 0,
    autosize: 'none' as const,
    background: INK.paper,
    data: layers.map(({ rows }, k): Data => ({ name: dataName(k), values: [...rows] })),
    scales: [colourScale(colourLimit)],
    marks: layers.map(markOf),
  };
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    // Vega gives its description to a web page's element only.
    const label = xmlText('drawing: description', description)
      .replaceAll('"', '&quot;')
      .replaceAll('\n', ' ');
    return `${svg.replace('<svg ', () => `<svg role="img" aria-label="${label}" `)}\n`;
  } finally {
    view.finalize();
  }
}

/** Values beyond ±limit get the colour of the end. */
function colourScale(limit: number): Scale {
  return {
    name: 'colour',
    type: 'linear',
    domain: [-limit, limit],
    range: { scheme: 'redblue' },
    clamp: true,
  };
}

function markOf({ type, rows: [first = {}], shared = {}, coloured }: Layer, k: number): Mark {
  const channels: EncodeEntry = type === 'text' ? { font: { value: FONT } } : {};
  for (const [channel, value] of Object.entries(shared)) channels[channel] = { value };
  for (const channel of Object.keys(first)) {
    if (channel !== 'value') channels[channel] = { field: channel };
  }
  if (coloured !== undefined) channels[coloured] = { scale: 'colour', field: 'value' };
  return { type, from: { data: dataName(k) }, aria: type === 'text', encode: { enter: channels } };
}

function dataName(k: number): string {
  return `layer ${k}`;
}
