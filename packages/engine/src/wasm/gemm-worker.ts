/**
 * What the worker threads of a team run, and the control words through which they and their team speak.
 *
 * A turn is one product. The team writes every worker's arguments, sets `finished` to 0, advances `turn` and notifies;
 * every worker computes its part, counts itself in `finished` and notifies. The team begins no turn before all have
 * finished the last one, so nobody can miss a turn; and since either side waits for a value to change and looks again when
 * woken, a notice that comes late, or for nothing, does no harm.
 *
 * `turn` and `finished` are written and read with Atomics, which order the plain writes of arguments, operands and results
 * around them.
 */
import { gemmParameters, workspaceBytes } from './blocked-product.js';

const pageBytes = 65_536;
const wordBytes = 4;

/** Words of the shared memory, from its start. */
export const turnWord = 0;
export const finishedWord = 1;
/** How many workers threw an error. */
export const failedWord = 2;
/** The first of the workers' arguments. */
export const argumentsWord = 16;
export const argumentsPerWorker = gemmParameters.length;
export const controlWords = pageBytes / wordBytes;
const batchesWord = gemmParameters.indexOf('batches');

export const workspaceAddress = (index: number): number => controlWords * wordBytes + index * workspaceBytes;
/** Where operands and results may begin: after the control words and the workers' workspaces. A whole number of pages. */
export const operandsAddress = (workerCount: number): number =>
  Math.ceil(workspaceAddress(workerCount) / pageBytes) * pageBytes;

/** What a worker is given: its index and the module and memory that all share. */
export interface GemmWorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
}

/**
 * Plain JavaScript in a string, because a worker must be loadable from sources, from a build and from a test runner
 * alike; everything that computes is in the WebAssembly module. It posts a message when it is ready.
 */
export const gemmWorkerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, memory, index } = workerData;
const { gemm } = new WebAssembly.Instance(module, { env: { memory } }).exports;
const control = new Int32Array(memory.buffer, 0, ${controlWords});
const first = ${argumentsWord} + index * ${argumentsPerWorker};
parentPort.postMessage('ready');
for (let turn = 0; ; ) {
  Atomics.wait(control, ${turnWord}, turn);
  const next = Atomics.load(control, ${turnWord});
  // The notice of a turn that began before this wait did may come late: it is no new turn
  if (next === turn) continue;
  turn = next;
  try {
    if (control[first + ${batchesWord}] > 0) gemm(...control.subarray(first, first + ${argumentsPerWorker}));
  } catch {
    Atomics.add(control, ${failedWord}, 1);
  }
  Atomics.add(control, ${finishedWord}, 1);
  Atomics.notify(control, ${finishedWord});
}`;
