/** How a product is shared between threads: its parts, what must be copied for them, and whether that is worth it. */
import type { GemmCall, GemmPart } from './gemm.js';

const floatBytes = 4;

/** What a product costs, in seconds. Rough, and only to decide who computes: measured on one core of a 2020s server. */
const secondsPerFlop = 3e-11;
const secondsPerCopiedByte = 1e-10;
const secondsPerTurn = 5e-5;

/** How the parts of a call are laid along one of its axes: the longest that keeps the copies contiguous. */
type Axis = 'batch' | 'row' | 'column';

function splitAxis({ batches, rows, columns }: GemmCall, threads: number): Axis {
  if (batches >= threads) return 'batch';
  return rows >= 4 * threads || rows >= columns ? 'row' : 'column';
}

/** Parts of nearly equal size, in order; fewer than `threads` when the axis is short. */
export function splitCall(call: GemmCall, threads: number): GemmPart[] {
  const axis = splitAxis(call, threads);
  // A tile's rows and columns stay together
  const unit = axis === 'batch' ? 1 : axis === 'row' ? 4 : 8;
  const size = axis === 'batch' ? call.batches : axis === 'row' ? call.rows : call.columns;
  const units = Math.ceil(size / unit);
  const parts: GemmPart[] = [];
  for (let i = 0; i < threads; i++) {
    const first = Math.floor((units * i) / threads) * unit;
    const count = Math.min(size, Math.floor((units * (i + 1)) / threads) * unit) - first;
    if (count <= 0) continue;
    parts.push({
      firstBatch: axis === 'batch' ? first : 0,
      firstRow: axis === 'row' ? first : 0,
      firstColumn: axis === 'column' ? first : 0,
      batches: axis === 'batch' ? count : call.batches,
      rows: axis === 'row' ? count : call.rows,
      columns: axis === 'column' ? count : call.columns,
    });
  }
  return parts;
}

/** What is copied for the threads that compute parts of a call, in floats. */
export interface Copies {
  /** Of A and of B, what lies before the first float that is needed, and how much is copied from there. */
  readonly aSkip: number;
  readonly aLength: number;
  readonly bSkip: number;
  readonly bLength: number;
  readonly resultLengths: readonly number[];
}

/** The parts reach to the call's end, so an operand is copied from the first part's first matrix or row on. */
export function copiesFor(call: GemmCall, parts: readonly GemmPart[]): Copies {
  const { rows, columns, depth, aStep, bStep } = call;
  const firstBatch = Math.min(...parts.map((part) => part.firstBatch));
  const firstRow = Math.min(...parts.map((part) => part.firstRow));
  const laterMatrices = call.batches - firstBatch - 1;
  // Rows of A lie one after another in a single matrix that isn't transposed
  const skippedRows = call.batches === 1 && !call.transposeA ? firstRow : 0;
  return {
    aSkip: firstBatch * aStep + skippedRows * depth,
    aLength: laterMatrices * aStep + (rows - skippedRows) * depth,
    bSkip: firstBatch * bStep,
    bLength: laterMatrices * bStep + depth * columns,
    resultLengths: parts.map((part) => part.batches * part.rows * part.columns),
  };
}

/** Whether the time that others take over is more than copying for them takes. */
export function isWorthwhile({ depth }: GemmCall, { aLength, bLength, resultLengths }: Copies): boolean {
  const results = resultLengths.reduce((sum, length) => sum + length, 0);
  const saved = 2 * depth * results * secondsPerFlop;
  const copied = (aLength + bLength + results) * floatBytes;
  return saved > copied * secondsPerCopiedByte + secondsPerTurn;
}
