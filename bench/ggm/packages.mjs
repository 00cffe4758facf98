/** The built packages that the benchmarks here use. */
export * from '../../packages/ggm/dist/index.js';
export { Matrix } from '../../packages/linalg/dist/index.js';
