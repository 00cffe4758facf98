/**
 * Matrix products on the wasm engine: tfjs-backend-wasm's own kernels ("before") and the engine's ("after").
 *
 *   node bench/engine/matmul.mjs [threads…]       default: 1 and as many as there are; needs a built packages/engine
 *
 * GFLOP/s, medians of several runs; `a·b` forward, `aᵀ·dy` and `dy·bᵀ` as tfjs's gradient of matMul asks for them.
 */
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';

const fromEngine = createRequire(new URL('../../packages/engine/package.json', import.meta.url));
const tf = fromEngine('@tensorflow/tfjs');
const { startEngine } = await import('../../packages/engine/dist/index.js');

const shapes = [
  { title: 'small model, hidden', batch: 1, rows: 1024, depth: 128, columns: 128 },
  { title: 'small model, FFN', batch: 1, rows: 1024, depth: 128, columns: 512 },
  { title: 'small model, attention', batch: 128, rows: 32, depth: 32, columns: 32 },
  { title: 'RoBERTa-base, hidden', batch: 1, rows: 2048, depth: 768, columns: 768 },
  { title: 'RoBERTa-base, FFN', batch: 1, rows: 2048, depth: 768, columns: 3072 },
  { title: 'RoBERTa-base, attention', batch: 384, rows: 64, depth: 64, columns: 64 },
  { title: 'RoBERTa-base, rank 10', batch: 1, rows: 2048, depth: 768, columns: 10 },
];

const median = (numbers) => [...numbers].sort((x, y) => x - y)[numbers.length >> 1];

/** Milliseconds of a product: the median of five runs, or of as many as go into a quarter of a second. */
function time(product) {
  const times = [];
  for (let total = 0; times.length < 6 || total < 250;) {
    const start = performance.now();
    product().dispose();
    times.push(performance.now() - start);
    total += times.at(-1);
  }
  // The first run pays for compilation and for memory
  return median(times.slice(1));
}

function measure({ batch, rows, depth, columns }) {
  const flops = 2 * batch * rows * depth * columns;
  const [a, b, dy] = [
    tf.randomUniform([batch, rows, depth], -1, 1, 'float32', 1),
    tf.randomUniform([batch, depth, columns], -1, 1, 'float32', 2),
    tf.randomUniform([batch, rows, columns], -1, 1, 'float32', 3),
  ];
  const gflops = [
    () => tf.matMul(a, b),
    () => tf.matMul(a, dy, true, false),
    () => tf.matMul(dy, b, false, true),
  ].map((product) => flops / time(product) / 1e6);
  tf.dispose([a, b, dy]);
  return gflops;
}

const table = (title, results) => {
  console.log(`\n${title}`);
  console.log(`${'GFLOP/s'.padEnd(28)}${['a·b', 'aᵀ·dy', 'dy·bᵀ'].map((name) => name.padStart(9)).join('')}`);
  results.forEach((row, i) => {
    console.log(`${shapes[i].title.padEnd(28)}${row.map((x) => x.toFixed(1).padStart(9)).join('')}`);
  });
};

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'} × ${availableParallelism()}, Node ${process.versions.node}`,
);

const given = process.argv.slice(2).map(Number);
const threadCounts = given.length > 0 ? given : [...new Set([1, availableParallelism()])];

// Starting and stopping the engine once sets up tfjs's backend and leaves it with its own kernels
await (await startEngine('wasm', { threads: 1 })).dispose();
await tf.setBackend('wasm');
table('before: tfjs-backend-wasm 4.22, one thread', shapes.map(measure));

for (const threads of threadCounts) {
  await tf.setBackend('cpu');
  const engine = await startEngine('wasm', { threads });
  table(`after: ${engine.description}`, shapes.map(measure));
  await engine.dispose();
}
