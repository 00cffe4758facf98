/**
 * The graphical lasso against scikit-learn's `graphical_lasso`, on the same covariances in the same run.
 *
 *   node bench/ggm/graphical-lasso.mjs [p…]      default: 100 434 1000; needs built packages and, for the peer, a python3
 *                                                with scikit-learn (PYTHON=/usr/bin/python3)
 *
 * S is the correlation matrix of n = p samples of a random graph's model (graphs.mjs), τ = 0.5 and 0.25 τ_max. scikit-learn runs
 * with its default settings except for its tolerance, which is lowered until the KKT residual of its answer, measured by
 * our `stationarity`, is at most 1e-4; the time is that of the run that reached it. Ours stops at the same residual or a
 * smaller one. One thread each, median of three.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlation, fitGgm, ggmProblem, l1Penalty, Matrix, stationarity } from './packages.mjs';
import { gaussianSamples, randomModel } from './graphs.mjs';

const target = 1e-4;
const runs = 3;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 434, 1000];
const python = process.env.PYTHON ?? 'python3';

const peer = `
import json, sys, time, warnings
import numpy as np
from sklearn.covariance import graphical_lasso
import sklearn
warnings.simplefilter('ignore')
path, p, alpha, tol, runs = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
S = np.fromfile(path, dtype='<f8').reshape(p, p)
times = []
for _ in range(runs):
    start = time.perf_counter()
    _, precision, iterations = graphical_lasso(S, alpha, tol=tol, enet_tol=min(1e-4, tol), max_iter=1000, return_n_iter=True)
    times.append(time.perf_counter() - start)
precision.astype('<f8').tofile(path + '.answer')
print(json.dumps({'seconds': sorted(times)[runs // 2], 'iterations': int(iterations), 'version': sklearn.__version__}))
`;

function runPeer(folder, s, alpha, tol) {
  const path = join(folder, 's.f64');
  writeFileSync(path, new Uint8Array(s.data.buffer, s.data.byteOffset, s.data.byteLength));
  const { status, stdout, stderr } = spawnSync(
    python,
    ['-c', peer, path, String(s.rows), String(alpha), String(tol), String(s.rows > 500 ? 1 : runs)],
    { encoding: 'utf8', env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' } },
  );
  if (status !== 0) {
    console.error(`scikit-learn is not there or failed: ${stderr.trim().split('\n').at(-1)}`);
    return null;
  }
  const bytes = readFileSync(`${path}.answer`);
  const answer = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return { ...JSON.parse(stdout), precision: symmetric(new Matrix(s.rows, s.rows, answer)) };
}

function symmetric(a) {
  const result = a.clone();
  const p = a.rows;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const [x, y] = [a.data[i * p + j], a.data[j * p + i]];
      result.data[i * p + j] = x === 0 || y === 0 ? 0 : (x + y) / 2;
    }
  }
  return result;
}

const folder = mkdtempSync(join(tmpdir(), 'ggm-bench-'));
console.log(
  '| p | τ / τ_max | edges | ours: s (iterations) | residual | scikit-learn: s (iterations) | residual | ratio |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const p of sizes) {
  const model = randomModel('random', p, 10, 1);
  const { covariance } = correlation(gaussianSamples(model.sigma, p, 2));
  let largest = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) largest = Math.max(largest, Math.abs(covariance.get(i, j)));
  }
  for (const fraction of [0.5, 0.25]) row(p, covariance, fraction, fraction * largest);
}

function row(p, covariance, fraction, tau) {
  const input = { covariance, tau, penalty: l1Penalty(), structure: 'entries' };
  const problem = ggmProblem(input);
  let theirs = null;
  let theirResidual = Infinity;
  for (const tol of [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]) {
    theirs = runPeer(folder, covariance, input.tau, tol);
    if (theirs === null) break;
    theirResidual = stationarity(problem, theirs.precision, theirs.precision);
    if (theirResidual <= target) break;
  }
  const tolerance = Math.min(target, theirResidual);
  const times = [];
  let fit;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    fit = fitGgm(input, { tolerance });
    times.push((performance.now() - start) / 1000);
  }
  const seconds = times.sort((a, b) => a - b)[runs >> 1];
  let edges = 0;
  for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) if (fit.omega.get(i, j) !== 0) edges++;
  const peerCells =
    theirs === null
      ? 'not here | – | –'
      : `${theirs.seconds.toFixed(2)} (${theirs.iterations}) | ${theirResidual.toExponential(1)} | ${(theirs.seconds / seconds).toFixed(1)}`;
  console.log(
    `| ${p} | ${fraction} | ${edges} | ${seconds.toFixed(2)} (${fit.iterations}) | ${fit.stationarity.toExponential(1)} | ${peerCells} |`,
  );
}
rmSync(folder, { recursive: true });
