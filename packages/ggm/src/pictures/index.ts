export { graphSvg, type GraphSvgOptions } from './graph-svg.js';
export { heatMapSvg, type HeatMapOptions } from './heat-map-svg.js';
export { type GraphLayout } from './layout.js';
