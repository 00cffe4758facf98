/**
 * Random Gaussian graphical models with known graphs, and samples from them.
 *
 * A graph gives a symmetric A with signed weights uniform in ±[0.6, 1] on its edges and zeros elsewhere. Θ = A + δ I with
 * the δ at which Θ has the condition number asked for; then Σ = Θ⁻¹ is scaled to unit variances, which leaves the graph
 * and the partial correlations as they are (and the condition number roughly so).
 */
import {
  Matrix,
  cholesky,
  choleskyInverse,
  multiplyTransposedRight,
  symmetricEigen,
} from '../../packages/linalg/dist/index.js';
import { normals, seededGenerator, shuffledOrder } from '../../packages/random/dist/index.js';

const [leastWeight, greatestWeight] = [0.6, 1];

/** Groups of ten nodes, each a hub with nine spokes. */
function hub(p) {
  return Array.from({ length: p }, (_, i) => i)
    .filter((i) => i % 10 !== 0)
    .map((i) => [i - (i % 10), i]);
}

/** 0 — 1 — … — p−1. */
function chain(p) {
  return Array.from({ length: p - 1 }, (_, i) => [i, i + 1]);
}

/** Barabási and Albert's tree: every new node joins an old one with a chance in proportion to its degree. */
function scaleFree(p, generator) {
  const edges = [[0, 1]];
  const ends = [0, 1]; // every node once per edge
  for (let i = 2; i < p; i++) {
    const old = ends[generator.below(ends.length)];
    edges.push([old, i]);
    ends.push(old, i);
  }
  return edges;
}

/** Erdős and Rényi's graph with a mean degree of 3. */
function random(p, generator) {
  const edges = [];
  for (let i = 0; i < p; i++) {
    for (let j = i + 1; j < p; j++) if (generator.uniform() < 3 / (p - 1)) edges.push([i, j]);
  }
  return edges;
}

/** The graphs by name: (p, generator) → edges [i, j], i < j. */
export const graphs = { hub, chain, 'scale-free': scaleFree, random };

/**
 * A model.
 *
 * @param name key of `graphs`
 * @param p nodes; a multiple of ten for `hub`
 * @param conditionNumber of Θ, before it is scaled
 * @param seed decides the graph and its weights
 * @returns edges [i, j] in a random order of the nodes, their degrees, and Σ [p, p] with unit variances
 */
export function randomModel(name, p, conditionNumber, seed) {
  const generator = seededGenerator(seed, 1);
  const place = shuffledOrder(p, generator);
  const edges = graphs[name](p, generator).map(([i, j]) => [place[i], place[j]]);
  const theta = Matrix.zeros(p, p);
  const degrees = new Array(p).fill(0);
  for (const [i, j] of edges) {
    const size = leastWeight + (greatestWeight - leastWeight) * generator.uniform();
    const weight = generator.uniform() < 0.5 ? -size : size;
    theta.set(i, j, weight);
    theta.set(j, i, weight);
    degrees[i]++;
    degrees[j]++;
  }
  const { values } = symmetricEigen(theta);
  const [least, greatest] = [values[0], values[p - 1]];
  const shift = (greatest - conditionNumber * least) / (conditionNumber - 1);
  for (let i = 0; i < p; i++) theta.set(i, i, shift);
  const sigma = choleskyInverse(factorOf(theta));
  const scale = Array.from({ length: p }, (_, i) => 1 / Math.sqrt(sigma.get(i, i)));
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) sigma.set(i, j, sigma.get(i, j) * scale[i] * scale[j]);
  }
  return { edges, degrees, sigma };
}

/** n independent samples of N(0, Σ), [n, p]. */
export function gaussianSamples(sigma, n, seed) {
  const normal = normals(seededGenerator(seed, 2, n));
  const white = new Matrix(n, sigma.rows, Float64Array.from({ length: n * sigma.rows }, normal)); // [n, p]
  return multiplyTransposedRight(white, factorOf(sigma));
}

function factorOf(matrix) {
  const factor = cholesky(matrix);
  if (factor.status !== 'ok') throw new Error('the model is not positive definite');
  return factor.lower;
}
