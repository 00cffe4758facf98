/**
 * Dense linear algebra: this library, ml-matrix and NumPy (LAPACK, one thread) on random matrices, in one run.
 *
 *   node bench/linalg/decompositions.mjs [sizes…]       default 434 1024; needs a built packages/linalg
 *
 * Milliseconds, medians. "first" is the first call of a fresh process: kernels are compiled and nothing is warm.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { numpyTimes } from './numpy.mjs';

const fromLinalg = createRequire(new URL('../../packages/linalg/package.json', import.meta.url));
const ml = fromLinalg('ml-matrix');
const linalg = await import('../../packages/linalg/dist/index.js');
const { normals, seededGenerator } = await import('../../packages/random/dist/index.js');
const { Matrix } = linalg;

/** What is timed: for a size, a function of ours and, where it has one, of ml-matrix. */
const subjects = {
  multiply(n) {
    const [x, y] = [random(n, 1), random(n, 2)];
    const [a, b] = [toMl(x), toMl(y)];
    return [() => linalg.multiply(x, y), () => a.mmul(b)];
  },
  gram(n) {
    const x = random(n, 1);
    return [() => linalg.gram(x)];
  },
  cholesky(n) {
    const a = definite(n);
    const b = toMl(a);
    return [() => linalg.cholesky(a), () => new ml.CholeskyDecomposition(b)];
  },
  choleskyInverse(n) {
    const a = definite(n);
    const { lower } = linalg.cholesky(a);
    const b = toMl(a);
    return [() => linalg.choleskyInverse(lower), () => ml.inverse(b)];
  },
  symmetricEigenvalues(n) {
    const a = symmetric(n);
    return [() => linalg.symmetricEigenvalues(a)];
  },
  symmetricEigen(n) {
    const a = symmetric(n);
    const b = toMl(a);
    return [
      () => linalg.symmetricEigen(a),
      () => new ml.EigenvalueDecomposition(b, { assumeSymmetric: true }),
    ];
  },
  svd(n) {
    const a = random(n, 1);
    const b = toMl(a);
    return [() => linalg.svd(a), () => new ml.SVD(b)];
  },
  'truncatedSvd, rank 10'(n) {
    const a = random(n, 1);
    return [() => linalg.truncatedSvd(a, 10)];
  },
};

function random(n, seed) {
  const gaussian = normals(seededGenerator(seed));
  return new Matrix(n, n, new Float64Array(n * n).map(gaussian));
}

function symmetric(n) {
  const a = random(n, 1);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a.data[j * n + i] = a.data[i * n + j];
  return a;
}

function definite(n) {
  const a = linalg.gram(random(n, 1));
  for (let i = 0; i < n; i++) a.data[i * n + i] += 1;
  return a;
}

function toMl(a) {
  return new ml.Matrix(a.toRows());
}

function once(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds: the median of runs that fill half a second, three at least; of one where it takes three seconds. */
function time(work) {
  const times = [once(work)];
  if (times[0] > 3000) return times[0];
  for (let total = 0; total < 500 || times.length < 4; total += times.at(-1)) times.push(once(work));
  return times.slice(1).sort((x, y) => x - y)[(times.length - 1) >> 1];
}

if (process.argv[2] === '--first') {
  const [, , , name, size] = process.argv;
  console.log(once(subjects[name](Number(size))[0]));
} else {
  const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [434, 1024];
  console.log(`Node ${process.versions.node}, ${cpus()[0].model}, ${cpus().length} cores, one thread used`);
  for (const n of sizes) report(n);
}

function report(n) {
  const names = Object.keys(subjects);
  const numpy = numpyTimes(names.map((name) => [name, n, n > 600 ? 3 : 9]));
  console.log(
    `\n${`n = ${n}, ms`.padEnd(24)}${['ours', 'first', 'ml-matrix', 'NumPy'].map((x) => x.padStart(11)).join('')}`,
  );
  names.forEach((name, i) => {
    const [ours, theirs] = subjects[name](n);
    const first = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--first', name, `${n}`], {
      encoding: 'utf8',
    });
    const row = [
      time(ours),
      Number(first.stdout),
      theirs === undefined ? null : time(theirs),
      numpy[i] === null ? null : numpy[i] * 1000,
    ];
    const cells = row.map((x) => (x === null ? '–' : x.toFixed(x < 100 ? 1 : 0)).padStart(11));
    console.log(`${name.padEnd(24)}${cells.join('')}`);
  });
}
