/**
 * Products by several threads.
 *
 * tfjs's heap belongs to one thread. So a second memory is shared with worker threads: the parts of a product that others
 * compute are copied there and back, while this thread computes its own part on the heap. Copying is linear in the
 * operands and the product isn't, so a large product gains nearly the number of threads; small ones stay in this thread.
 *
 * Workers sleep in Atomics.wait between products and don't keep the process alive. This thread waits for them with
 * Atomics.wait too, as a tfjs kernel must return its result at once.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { gemmParameters, workspaceBytes } from './blockedProduct.js';
import { compileGemm, type Gemm, gemmArguments, type GemmCall, type GemmPart, HeapGemm } from './gemm.js';
import { type Copies, copiesFor, isWorthwhile, splitCall } from './gemmParts.js';
import type { WasmHeap } from './heap.js';

const floatBytes = 4;
const pageBytes = 65_536;
/** The most that a 32-bit memory can have. It is only reserved: pages are taken as products need them. */
const maximumPages = 65_536;

// The shared memory: control words, the workers' arguments, their workspaces, and the operands of the product at hand.
const turnWord = 0;
const finishedWord = 1;
const argumentsWord = 16;
const argumentsPerWorker = gemmParameters.length;
const controlBytes = pageBytes;
/** More than this isn't tried: copying for them would take longer than they save. */
export const mostThreads = 16;

/** A worker that never answers would block the process; after so long it is an error. */
const patienceMilliseconds = 120_000;

/**
 * What a worker runs. Plain JavaScript in a string, because a worker must be loadable from sources, from a build and from
 * a test runner alike; everything that computes is in the WebAssembly module.
 */
const workerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, memory, argumentsWord, argumentsPerWorker, turnWord, finishedWord, index } = workerData;
const { gemm } = new WebAssembly.Instance(module, { env: { memory } }).exports;
const control = new Int32Array(memory.buffer, 0, ${controlBytes / 4});
const first = argumentsWord + index * argumentsPerWorker;
parentPort.postMessage('ready');
for (let turn = 0; ; ) {
  Atomics.wait(control, turnWord, turn);
  // The notice of a turn that began before this wait did may come late: it is no new turn
  if (Atomics.load(control, turnWord) === turn) continue;
  turn = Atomics.load(control, turnWord);
  if (control[first + 4] > 0) gemm(...control.subarray(first, first + argumentsPerWorker));
  Atomics.add(control, finishedWord, 1);
  Atomics.notify(control, finishedWord);
}`;

export class GemmTeam implements Gemm {
  /** Products that other threads took part in, up to now. */
  sharedProducts = 0;

  private constructor(
    private readonly heap: WasmHeap,
    private readonly alone: HeapGemm,
    private readonly memory: WebAssembly.Memory,
    private readonly workers: readonly Worker[],
  ) {}

  /**
   * Starts the threads and waits until they are ready.
   *
   * @param threads 2 or more, this one counted; 16 at the most are used
   */
  static async start(heap: WasmHeap, fused: boolean, threads: number): Promise<GemmTeam> {
    const others = Math.min(threads, mostThreads) - 1;
    const initial = (controlBytes + Math.ceil((others * workspaceBytes) / pageBytes) * pageBytes) / pageBytes;
    const memory = new WebAssembly.Memory({ initial, maximum: maximumPages, shared: true });
    const module = compileGemm({ fused, sharedPages: maximumPages });
    const workers = Array.from({ length: others }, (_, index) => {
      const workerData = { module, memory, argumentsWord, argumentsPerWorker, turnWord, finishedWord, index };
      // Without this process's flags: --input-type=module would make the source a module
      return new Worker(workerSource, { eval: true, workerData, execArgv: [] });
    });
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    for (const worker of workers) worker.unref();
    return new GemmTeam(heap, new HeapGemm(heap, fused), memory, workers);
  }

  run(call: GemmCall): void {
    const [own, ...others] = splitCall(call, this.workers.length + 1);
    if (own === undefined || others.length === 0) {
      this.alone.run(call);
      return;
    }
    const copies = copiesFor(call, others);
    if (!isWorthwhile(call, copies)) {
      this.alone.run(call);
      return;
    }
    const results = this.handOut(call, others, copies);
    this.alone.runPart(call, own);
    this.awaitWorkers();
    for (const [index, part] of others.entries()) this.collect(call, part, results[index] ?? 0);
  }

  /** Copies what the others need, wakes them, and returns the addresses of their results. */
  private handOut(call: GemmCall, parts: readonly GemmPart[], copies: Copies): number[] {
    const { aSkip, aLength, bSkip, bLength } = copies;
    let end = controlBytes + Math.ceil((this.workers.length * workspaceBytes) / pageBytes) * pageBytes;
    const take = (floats: number): number => {
      const address = end;
      end += Math.ceil((floats * floatBytes) / 64) * 64;
      return address;
    };
    const a = take(aLength);
    const b = take(bLength);
    const results = copies.resultLengths.map(take);
    this.growTo(end);

    const { buffer } = this.memory;
    new Float32Array(buffer, a, aLength).set(this.heap.floats(call.a + aSkip * floatBytes, aLength));
    new Float32Array(buffer, b, bLength).set(this.heap.floats(call.b + bSkip * floatBytes, bLength));

    const control = this.control();
    const shared = { ...call, a: a - aSkip * floatBytes, b: b - bSkip * floatBytes };
    this.workers.forEach((_, index) => {
      const at = argumentsWord + index * argumentsPerWorker;
      const part = parts[index];
      if (part === undefined) {
        control.fill(0, at, at + argumentsPerWorker);
        return;
      }
      const values = gemmArguments(shared, part, controlBytes + index * workspaceBytes);
      // A part's result is dense: its own rows, one after another
      values[gemmParameters.indexOf('c')] = results[index] ?? 0;
      values[gemmParameters.indexOf('cStep')] = part.rows * part.columns * floatBytes;
      values[gemmParameters.indexOf('cStride')] = part.columns * floatBytes;
      control.set(values, at);
    });
    this.sharedProducts++;
    Atomics.store(control, finishedWord, 0);
    Atomics.store(control, turnWord, this.sharedProducts);
    Atomics.notify(control, turnWord);
    return results;
  }

  private awaitWorkers(): void {
    const control = this.control();
    for (;;) {
      const finished = Atomics.load(control, finishedWord);
      if (finished === this.workers.length) return;
      if (Atomics.wait(control, finishedWord, finished, patienceMilliseconds) === 'timed-out') {
        throw new Error(
          `GemmTeam: ${this.workers.length - finished} of ${this.workers.length} threads didn't answer within ${patienceMilliseconds / 1000} s. Start the engine with threads: 1.`,
        );
      }
    }
  }

  /** Copies a part's result to its place on the heap. */
  private collect(call: GemmCall, part: GemmPart, address: number): void {
    const { rows, columns } = call;
    const { buffer } = this.memory;
    const contiguous = part.columns === columns;
    const first = (part.firstBatch * rows + part.firstRow) * columns + part.firstColumn;
    // A contiguous part is one long row; batches are only split whole
    const rowCount = contiguous && (part.rows === rows || part.batches === 1) ? 1 : part.batches * part.rows;
    const length = (part.batches * part.rows * part.columns) / rowCount;
    for (let row = 0; row < rowCount; row++) {
      const batch = Math.floor(row / part.rows);
      const target = first + (batch * rows + (row % part.rows)) * columns;
      const values = new Float32Array(buffer, address + row * length * floatBytes, length);
      this.heap.floats(call.c + target * floatBytes, length).set(values);
    }
  }

  private control(): Int32Array<ArrayBuffer | SharedArrayBuffer> {
    return new Int32Array(this.memory.buffer, 0, controlBytes / 4);
  }

  private growTo(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
  }

  dispose(): void {
    for (const worker of this.workers) void worker.terminate();
    this.alone.dispose();
  }
}
