export { seededGenerator } from './generator.js';
export type { Generator } from './generator.js';
export { normals } from './normal.js';
export { shuffledOrder } from './order.js';
