/**
 * Fine-tuning steps of a RoBERTa-base shape: ours on an engine against PyTorch, alternately in one run on the CPU.
 *
 *   node bench/step/run.mjs [--cases components,selected,selected-6,selected-9,lora,full,forward] [--seq 64,32,128]
 *     [--batch 32] [--layers 12] [--hidden 768] [--rounds 3] [--steps 3] [--threads 2] [--engine onnx]
 *
 * After a build, on idle cores. Needs a Python with PyTorch: PYTHON=/usr/bin/python3 (Debian: python3-torch). Prints a Markdown
 * table; progress goes to stderr. `selected-6` is `selected` in layers 6 and above.
 *
 * PyTorch is given the matrix kernels that are fastest here: OpenBLAS chooses its kernels by the processor's name, and where it
 * does not know that one it takes very old ones.
 */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const python = process.env.PYTHON ?? '/usr/bin/python3';
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: 'components,selected,selected-6,selected-9,lora,full,forward' },
    seq: { type: 'string', default: '64,32,128' },
    batch: { type: 'string', default: '32' },
    layers: { type: 'string', default: '12' },
    hidden: { type: 'string', default: '768' },
    vocab: { type: 'string', default: '50265' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    engine: { type: 'string', default: 'onnx' },
  },
});
const known = /^(components|lora|full|forward|selected(-\d+)?)$/;
const unknown = values.cases.split(',').find((name) => !known.test(name));
if (unknown !== undefined) {
  process.stderr.write(
    `bench/step: --cases must be of components, selected, selected-<layer>, lora, full, forward; got ${unknown}\n`,
  );
  process.exit(2);
}
const { threads } = values;
const say = (text) => process.stderr.write(`${text}\n`);
const sorted = (list) => list.toSorted((x, y) => x - y);
const median = (list) => sorted(list)[list.length >> 1];
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const peerEnvironment = (coreType) => ({
  ...process.env,
  OMP_NUM_THREADS: threads,
  OPENBLAS_NUM_THREADS: threads,
  ...(coreType === '' ? {} : { OPENBLAS_CORETYPE: coreType }),
});

/** OpenBLAS's kernels that multiply fastest here; '' is its own choice. */
async function fastestKernels() {
  const script = `
import time, torch
torch.set_num_threads(${threads})
a, b = torch.randn(1024, 768), torch.randn(3072, 768)
times = []
for _ in range(8):
    began = time.perf_counter()
    torch.nn.functional.linear(a, b)
    times.append(time.perf_counter() - began)
print(min(times))`;
  const found = [];
  for (const coreType of ['', 'Haswell', 'SkylakeX', 'Zen']) {
    try {
      const { stdout } = await run(python, ['-c', script], { env: peerEnvironment(coreType) });
      found.push({ coreType, gflops: (2 * 1024 * 768 * 3072) / Number(stdout) / 1e9 });
    } catch {
      // A processor without these instructions
    }
  }
  if (found.length === 0) throw new Error(`bench/step: ${python} has no PyTorch; set PYTHON`);
  for (const { coreType, gflops } of found) {
    say(
      `PyTorch, OpenBLAS kernels ${coreType === '' ? 'of its own choice' : coreType}: ${gflops.toFixed(0)} GFLOP/s`,
    );
  }
  return found.toSorted((x, y) => y.gflops - x.gflops)[0].coreType;
}

function optionsOf(name, length) {
  const [method, from = '0'] = name.split('-');
  const { batch, layers, hidden, vocab, steps } = values;
  const options = { method, batch, layers, hidden, vocab, steps, threads, seq: length, 'from-layer': from };
  return Object.entries({ ...options, rank: '10', kept: '20' }).flatMap(([key, value]) => [
    `--${key}`,
    value,
  ]);
}

const parse = ({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1));
const coreType = await fastestKernels();
const runPeer = async (name, length) =>
  parse(
    await run(python, [here('torch_step.py'), ...optionsOf(name, length)], {
      env: peerEnvironment(coreType),
    }),
  );
const runOurs = async (name, length) =>
  parse(
    await run(process.execPath, [here('ours.mjs'), '--engine', values.engine, ...optionsOf(name, length)]),
  );

/** Runs both in turn and gathers seconds, ratios and memory. */
async function compare(name, length) {
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const ours = await runOurs(name, length);
    const peer = await runPeer(name, length);
    if (ours.trained !== 0 && Math.abs(ours.trained - peer.trained) > 0.01 * peer.trained) {
      throw new Error(`bench/step: ${name}: ${ours.trained} values train here, ${peer.trained} in PyTorch`);
    }
    rounds.push({ ours, peer });
    say(
      `${name} ${values.batch} × ${length}: ${median(ours.seconds).toFixed(3)} s, PyTorch ${median(peer.seconds).toFixed(3)} s`,
    );
  }
  const of = (side, key) => rounds.map((round) => key(round[side]));
  const ratios = rounds.map(({ ours, peer }) => median(ours.seconds) / median(peer.seconds));
  return {
    name,
    length,
    ours: median(of('ours', ({ seconds }) => median(seconds))),
    peer: median(of('peer', ({ seconds }) => median(seconds))),
    ratios: sorted(ratios),
    memory: [median(of('ours', ({ peakMiB }) => peakMiB)), median(of('peer', ({ peakMiB }) => peakMiB))],
    engine: rounds[0].ours.engine,
    version: rounds[0].peer.peer,
  };
}

const results = [];
for (const length of values.seq.split(',')) {
  for (const name of values.cases.split(',')) results.push(await compare(name, length));
}

const [first] = results;
console.log(
  `\`node bench/step/run.mjs ${process.argv.slice(2).join(' ')}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model.trim()}, ${threads} threads; ` +
    `${first.engine}; ${first.version}, OpenBLAS kernels ${coreType === '' ? 'of its own choice' : coreType}. ` +
    `Medians of ${values.rounds} alternating rounds of ${values.steps} steps; [least, largest] ratio of a round.\n`,
);
const rows = results.map(({ name, length, ours, peer, ratios, memory }) => [
  name,
  `${values.batch} × ${length}`,
  `${ours.toFixed(2)} s`,
  `${peer.toFixed(2)} s`,
  `${median(ratios).toFixed(2)} [${ratios[0].toFixed(2)}, ${ratios.at(-1).toFixed(2)}]`,
  `${memory[0].toFixed(0)} / ${memory[1].toFixed(0)} MiB`,
  (memory[0] / memory[1]).toFixed(2),
]);
const header = ['method', 'batch', 'ours', 'PyTorch', 'time, ratio', 'peak memory', 'ratio'];
for (const row of [header, header.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
for (const length of values.seq.split(',')) {
  const at = (name) => results.find((result) => result.name === name && result.length === length);
  const [ours, peer] = [at('selected-6'), at('lora')];
  if (ours !== undefined && peer !== undefined) {
    console.log(
      `\nselected-6 here over lora in PyTorch, ${values.batch} × ${length}: ${(ours.ours / peer.peer).toFixed(2)}`,
    );
  }
}
