/**
 * Products by several threads.
 *
 * tfjs's heap belongs to one thread. So a second memory is shared with worker threads (gemm-worker.ts): the parts of a
 * product that others compute are copied there and back, while this thread computes its own part on the heap. Copying is
 * linear in the operands and the product isn't, so a large product gains nearly the number of threads; small ones stay in
 * this thread.
 *
 * Workers sleep in Atomics.wait between products and don't keep the process alive. This thread waits for them with
 * Atomics.wait too, as a tfjs kernel must return its result at once. If they don't answer, this thread computes their
 * parts and goes on alone, with a warning: a long training run had better be slow than dead.
 */
import { Worker } from 'node:worker_threads';
import { gemmParameters } from './blocked-product.js';
import { compileGemm, type Gemm, gemmArguments, type GemmCall, type GemmPart, HeapGemm } from './gemm.js';
import { type Copies, copiesFor, isWorthwhile, splitCall } from './gemm-parts.js';
import {
  argumentsPerWorker,
  argumentsWord,
  controlWords,
  failedWord,
  finishedWord,
  type GemmWorkerData,
  gemmWorkerSource,
  operandsAddress,
  turnWord,
  workspaceAddress,
} from './gemm-worker.js';
import type { WasmHeap } from './heap.js';

const floatBytes = 4;
const pageBytes = 65_536;
/** The most that a 32-bit memory can have. It is only reserved: pages are taken as products need them. */
const maximumPages = 65_536;
/** More than this isn't tried: copying for them would take longer than they save. */
export const mostThreads = 16;

export interface TeamOptions {
  /**
   * How long to wait for the others after this thread's own part, besides 20 times what that took. Default 10 s: far more
   * than a busy machine lets a thread wait for a core.
   */
  readonly patienceMilliseconds?: number;
  /** What the workers run. Default `gemmWorkerSource`. */
  readonly workerSource?: string;
}

/** The wait for the others is cut into so many slices: a process that was stopped for a while loses one, not all. */
const waitSlices = 20;

/** Resolves at a worker's first message; rejects if it ends before. */
function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      resolve();
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(new Error(`GemmTeam: a thread ended with code ${code} before it was ready`));
    });
  });
}

export class GemmTeam implements Gemm {
  /** Products that other threads took part in, up to now. */
  sharedProducts = 0;
  /** Whether the others were given up, so that this thread computes alone. */
  isRetired = false;

  private constructor(
    private readonly heap: WasmHeap,
    private readonly alone: HeapGemm,
    private readonly memory: WebAssembly.Memory,
    private readonly workers: readonly Worker[],
    private readonly patienceMilliseconds: number,
  ) {
    // What ends a worker after its start (its thread's memory, say) isn't to end the process: run() notices
    for (const worker of workers) {
      worker.on('error', (error) => {
        this.retire(`a thread ended with ${String(error)}`);
      });
    }
  }

  /**
   * Starts the threads and waits until they are ready.
   *
   * @param threads 2 or more, this one counted; 16 at the most are used
   */
  static async start(
    heap: WasmHeap,
    fused: boolean,
    threads: number,
    { patienceMilliseconds = 10_000, workerSource = gemmWorkerSource }: TeamOptions = {},
  ): Promise<GemmTeam> {
    const others = Math.min(threads, mostThreads) - 1;
    const initial = operandsAddress(others) / pageBytes;
    const memory = new WebAssembly.Memory({ initial, maximum: maximumPages, shared: true });
    const module = compileGemm({ fused, sharedPages: maximumPages });
    const workers = Array.from({ length: others }, (_, index) => {
      const workerData: GemmWorkerData = { module, memory, index };
      // Without this process's flags: --input-type=module would make the source a module
      return new Worker(workerSource, { eval: true, workerData, execArgv: [] });
    });
    try {
      await Promise.all(workers.map(ready));
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw error;
    }
    for (const worker of workers) worker.unref();
    return new GemmTeam(heap, new HeapGemm(heap, fused), memory, workers, patienceMilliseconds);
  }

  run(call: GemmCall): void {
    const [own, ...others] = this.isRetired ? [] : splitCall(call, this.workers.length + 1);
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
    if (results === undefined) {
      this.alone.run(call);
      return;
    }
    const start = performance.now();
    this.alone.runPart(call, own);
    const trouble = this.awaitWorkers(this.patienceMilliseconds + 20 * (performance.now() - start));
    if (trouble !== undefined) {
      this.retire(trouble);
      for (const part of others) this.alone.runPart(call, part);
      return;
    }
    for (const [index, part] of others.entries()) this.collect(call, part, results[index] ?? 0);
  }

  /**
   * Copies what the others need, wakes them, and returns the addresses of their results; or does nothing where that
   * doesn't fit into the shared memory.
   */
  private handOut(call: GemmCall, parts: readonly GemmPart[], copies: Copies): number[] | undefined {
    const { aSkip, aLength, bSkip, bLength } = copies;
    let end = operandsAddress(this.workers.length);
    const take = (floats: number): number => {
      const address = end;
      end += Math.ceil((floats * floatBytes) / 64) * 64;
      return address;
    };
    const a = take(aLength);
    const b = take(bLength);
    const results = copies.resultLengths.map(take);
    if (!this.growTo(end)) return undefined;

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
      const values = gemmArguments(shared, part, workspaceAddress(index));
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

  /** Waits until all have finished, but not much longer than this. Returns what went wrong, if anything did. */
  private awaitWorkers(patienceMilliseconds: number): string | undefined {
    const control = this.control();
    const count = this.workers.length;
    for (let slices = waitSlices; ;) {
      const finished = Atomics.load(control, finishedWord);
      if (finished === count) break;
      if (slices === 0) {
        return `${count - finished} of ${count} threads didn't answer within ${Math.round(patienceMilliseconds)} ms`;
      }
      const slice = patienceMilliseconds / waitSlices;
      if (Atomics.wait(control, finishedWord, finished, slice) === 'timed-out') slices--;
    }
    const failed = Atomics.load(control, failedWord);
    return failed === 0 ? undefined : `${failed} of ${count} threads failed`;
  }

  /** Gives the others up for good. What a late one still writes lies in the shared memory, which nobody reads any more. */
  private retire(trouble: string): void {
    if (this.isRetired) return;
    this.isRetired = true;
    this.endWorkers();
    process.emitWarning(
      `${trouble}; matrix products go on in one thread. Start the engine with threads: 1 on a machine where this happens.`,
      'GemmTeamWarning',
    );
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
    return new Int32Array(this.memory.buffer, 0, controlWords);
  }

  /** Whether the shared memory has so many bytes, after growing if need be. */
  private growTo(bytes: number): boolean {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return true;
    try {
      this.memory.grow(Math.ceil(missing / pageBytes));
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  private endWorkers(): void {
    for (const worker of this.workers) void worker.terminate();
  }

  dispose(): void {
    this.isRetired = true;
    this.endWorkers();
    this.alone.dispose();
  }
}
