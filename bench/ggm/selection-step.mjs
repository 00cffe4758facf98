/**
 * The method's own problem at the size of RoBERTa-base: p = 434 nodes, n = 250 samples, |I| = 30, ℓp with p = 0.9,
 * λ = 1000, to a KKT residual of 1e-5. The published code needs 33.5 s for 50 steps that do not converge (two-core
 * machine; `reference` mode repeats its arithmetic with one eigendecomposition a step).
 *
 *   node bench/ggm/selection-step.mjs      needs built packages
 *
 * Scores are simulated: three common factors, autocorrelation 0.85, log-normal, as scores of training steps are. τ is
 * given as a fraction of τ_max. Median of three.
 */
import {
  allocateNodes,
  fitGgm,
  importantNodes,
  lpPenalty,
  Matrix,
  referenceBcd,
  tauMax,
  transformScores,
} from './packages.mjs';
import { normals, seededGenerator } from '../../packages/random/dist/index.js';

const [n, p, factors, persistence] = [250, 434, 3, 0.85];

function simulatedScores(load, seed) {
  const normal = normals(seededGenerator(seed));
  const draw = (count) => Array.from({ length: count }, normal);
  const loads = Array.from({ length: p }, () => draw(factors).map((value) => load * value));
  const means = draw(p).map((value) => -8 + 3 * value);
  const fresh = Math.sqrt(1 - persistence ** 2);
  let common = draw(factors);
  let own = draw(p);
  const rows = [];
  for (let t = 0; t < n; t++) {
    common = common.map((value) => persistence * value + fresh * normal());
    own = own.map((value) => persistence * value + fresh * normal());
    rows.push(
      Float64Array.from({ length: p }, (_, j) =>
        Math.exp(means[j] + own[j] + loads[j].reduce((sum, l, k) => sum + l * common[k], 0)),
      ),
    );
  }
  return Matrix.from(rows);
}

function timed(work, runs = 3) {
  const times = [];
  let result;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    result = work();
    times.push((performance.now() - start) / 1000);
  }
  return { result, seconds: times.sort((a, b) => a - b)[runs >> 1] };
}

console.log('| correlations | τ / τ_max | groups at zero of 404 | iterations | residual | seconds |');
console.log('|---|---|---|---|---|---|');
for (const [name, load] of [
  ['moderate', 0.5],
  ['strong', 1.5],
]) {
  const { samples, covariance } = transformScores(simulatedScores(load, 1));
  const input = {
    covariance,
    coupling: 1000,
    penalty: lpPenalty(0.9),
    importantNodes: importantNodes(samples, 30),
  };
  const { tau } = tauMax(input);
  for (const fraction of [0.9, 0.5, 0.2, 0.1]) {
    const { result, seconds } = timed(() => fitGgm({ ...input, tau: fraction * tau }, { tolerance: 1e-5 }));
    const important = new Set(input.importantNodes);
    let zeros = 0;
    for (let j = 0; j < p; j++) {
      if (!important.has(j) && input.importantNodes.every((i) => result.delta.get(i, j) === 0)) zeros++;
    }
    console.log(
      `| ${name} | ${fraction} | ${zeros} | ${result.iterations} | ${result.stationarity.toExponential(1)} | ${seconds.toFixed(2)} |`,
    );
  }
}
console.log('\nallocateNodes with its defaults (λ = 0.05), null model included:\n');
for (const [name, load] of [
  ['moderate', 0.5],
  ['strong', 1.5],
]) {
  const scores = simulatedScores(load, 1);
  const { result, seconds } = timed(() => allocateNodes(scores, { targetNodes: 60 }));
  console.log(`- ${name} correlations: ${result.fit.iterations} iterations, ${seconds.toFixed(1)} s`);
}
const authors = transformScores(simulatedScores(0.5, 1), { transform: 'authors' });
const reference = timed(
  () =>
    referenceBcd({
      covariance: authors.covariance,
      importantNodes: importantNodes(authors.samples, 30),
      coupling: 1000,
      tau: 20,
      p: 0.9,
    }),
  1,
);
console.log(
  `\nreference mode: ${reference.result.iterations} steps in ${reference.seconds.toFixed(1)} s, not converged by design`,
);
