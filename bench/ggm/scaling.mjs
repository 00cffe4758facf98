/**
 * Time and memory against p, and the exponent of a straight line through the logarithms.
 *
 *   node --expose-gc bench/ggm/scaling.mjs [p…]      default: 125 250 500 1000 2000; needs built packages
 *
 * Each size in a process of its own; memory is the process's largest resident set above that before the fit. Problems:
 * ℓ1 on entries (λ = ∞, τ = 0.5 τ_max, n = p samples of a random graph) and columns with 30 important nodes (ℓ0.9,
 * λ = 1000, τ = 0.5 τ_max), to a residual of 1e-5.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { correlation, fitGgm, l1Penalty, lpPenalty, Matrix, schaeferStrimmer, tauMax } from './packages.mjs';
import { normals, seededGenerator } from '../../packages/random/dist/index.js';

const [kind, size] = process.argv.slice(2);
if (kind === 'entries' || kind === 'columns') measure(kind, Number(size));
else table(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [125, 250, 500, 1000, 2000]);

/** A chain: x_j = 0.6 x_{j−1} + noise, whose precision matrix is tridiagonal; p samples. */
function chainSamples(p) {
  const normal = normals(seededGenerator(p));
  const samples = Matrix.zeros(p, p);
  for (let t = 0; t < p; t++) {
    let value = normal();
    for (let j = 0; j < p; j++) {
      samples.data[t * p + j] = value;
      value = 0.6 * value + 0.8 * normal();
    }
  }
  return samples;
}

function measure(structure, p) {
  const samples = chainSamples(p);
  const input =
    structure === 'entries'
      ? { covariance: correlation(samples).covariance, penalty: l1Penalty(), structure }
      : {
          covariance: schaeferStrimmer(samples).covariance,
          penalty: lpPenalty(0.9),
          coupling: 1000,
          importantNodes: Array.from({ length: 30 }, (_, k) => Math.floor((k * p) / 30)),
        };
  const tau = 0.5 * tauMax(input).tau;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const fit = fitGgm({ ...input, tau }, { tolerance: 1e-5 });
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    JSON.stringify({ seconds, status: fit.status, iterations: fit.iterations, bytes: peak - before }),
  );
}

function table(sizes) {
  console.log('| problem | p | seconds | iterations | memory, MB |');
  console.log('|---|---|---|---|---|');
  for (const structure of ['entries', 'columns']) {
    const points = [];
    for (const p of sizes) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--expose-gc', fileURLToPath(import.meta.url), structure, String(p)],
        { encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(stderr);
      const { seconds, iterations, bytes, status: ended } = JSON.parse(stdout);
      points.push([Math.log(p), Math.log(seconds), Math.log(bytes)]);
      const note = ended === 'converged' ? '' : ` (${ended})`;
      console.log(
        `| ${structure} | ${p} | ${seconds.toFixed(2)} | ${iterations}${note} | ${(bytes / 1e6).toFixed(0)} |`,
      );
    }
    const large = points.slice(-3);
    console.log(
      `| ${structure} | exponent, last three | ${slope(large, 1).toFixed(2)} | | ${slope(large, 2).toFixed(2)} |`,
    );
  }
}

function slope(points, column) {
  const mean = (k) => points.reduce((sum, point) => sum + point[k], 0) / points.length;
  const [x, y] = [mean(0), mean(column)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[column] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
