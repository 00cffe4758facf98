/** How the graph picture shows numbers: width, colour and opacity of an edge, size and colour of a node. */

/** Colours of the signs, the ends of the heat map's scale; of nodes, and of important ones. */
export const GRAPH_INK = {
  positive: '#2166ac',
  negative: '#b2182b',
  node: '#5b6770',
  important: '#f0a30a',
} as const;

/** Picture-wide sizes: less ink where there is more to draw. */
export interface GraphScale {
  /** |partial correlation| of the widest edge. */
  readonly limit: number;
  /** Strength of the largest node. */
  readonly mostStrength: number;
  /** 1 for small graphs, less for large ones. */
  readonly ink: number;
}

/** Channels of an edge. */
export function edgeStyle(
  partialCorrelation: number,
  { limit, ink }: GraphScale,
): { stroke: string; strokeWidth: number; strokeOpacity: number } {
  const part = Math.min(1, Math.abs(partialCorrelation) / limit);
  return {
    stroke: partialCorrelation < 0 ? GRAPH_INK.negative : GRAPH_INK.positive,
    strokeWidth: hundredths(ink * (0.8 + 5.2 * part)),
    strokeOpacity: hundredths(0.4 + 0.5 * part),
  };
}

/** Radius of a node in pixels: its area grows with its strength. Important nodes can be seen in any crowd. */
export function nodeRadius(strength: number, important: boolean, { mostStrength, ink }: GraphScale): number {
  const radius = ink * Math.sqrt(16 + 65 * (mostStrength > 0 ? strength / mostStrength : 0));
  return hundredths(Math.max(important ? 4.5 : 2.2, radius));
}

/** Channels of a node. `size` is Vega's: the area of the square around the symbol. */
export function nodeStyle(radius: number, important: boolean): { shape: string; size: number; fill: string } {
  return {
    shape: important ? 'diamond' : 'circle',
    // A diamond fills half of its square.
    size: hundredths((2 * radius) ** 2 * (important ? 1.6 : 1)),
    fill: important ? GRAPH_INK.important : GRAPH_INK.node,
  };
}

/** The ink for a number of nodes and edges. */
export function inkFor(nodes: number, edges: number): number {
  return Math.min(
    1,
    Math.max(0.35, Math.min(Math.sqrt(60 / Math.max(1, nodes)), Math.sqrt(300 / Math.max(1, edges)))),
  );
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
