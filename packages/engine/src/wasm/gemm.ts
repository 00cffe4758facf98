/** One call of the product of batches of matrices, and the product on the tfjs heap itself, in this thread. */
import { workspaceBytes } from './blocked-product.js';
import { type GemmFeatures, gemmModule } from './gemm-module.js';
import type { WasmHeap } from './heap.js';

/**
 * For every product of a batch, C = op(A)·op(B), C [rows, columns], op(A) [rows, depth], op(B) [depth, columns].
 * All sizes are at least 1. Addresses are bytes on the heap; steps say how many floats lie from one matrix of the batch to
 * the next (0: one matrix for all). Matrices are dense and row-major, as stored: A is [depth, rows] if `transposeA`.
 */
export interface GemmCall {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly batches: number;
  readonly aStep: number;
  readonly bStep: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A block of a call's C: some of its batch, rows and columns. */
export interface GemmPart {
  readonly firstBatch: number;
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
}

export function wholeCall({ batches, rows, columns }: GemmCall): GemmPart {
  return { firstBatch: 0, firstRow: 0, firstColumn: 0, batches, rows, columns };
}

/** Something that carries out such calls. */
export interface Gemm {
  run(call: GemmCall): void;
  dispose(): void;
}

/** The module's `gemm`; its arguments are `gemmParameters`. */
export type GemmFunction = (...parameters: number[]) => void;

function isGemmFunction(value: unknown): value is GemmFunction {
  return typeof value === 'function';
}

export function instantiateGemm(module: WebAssembly.Module, memory: WebAssembly.Memory): GemmFunction {
  const { gemm } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  if (!isGemmFunction(gemm)) throw new Error('instantiateGemm: the module must export gemm');
  return gemm;
}

/** Whether this V8 has fused multiply-add (relaxed SIMD). */
export function hasFusedMultiplyAdd(): boolean {
  return WebAssembly.validate(gemmModule({ fused: true }));
}

export function compileGemm(features: GemmFeatures): WebAssembly.Module {
  return new WebAssembly.Module(gemmModule(features));
}

const floatBytes = 4;

/** A part of a call as the module's arguments, in the order of `gemmParameters`. */
export function gemmArguments(call: GemmCall, part: GemmPart, workspace: number): number[] {
  const { rows, columns, depth, transposeA, transposeB } = call;
  const aStride = transposeA ? rows : depth;
  const bStride = transposeB ? depth : columns;
  const aOffset = part.firstBatch * call.aStep + (transposeA ? part.firstRow : part.firstRow * depth);
  const bOffset = part.firstBatch * call.bStep + (transposeB ? part.firstColumn * depth : part.firstColumn);
  const cOffset = (part.firstBatch * rows + part.firstRow) * columns + part.firstColumn;
  return [
    call.a + aOffset * floatBytes,
    call.b + bOffset * floatBytes,
    call.c + cOffset * floatBytes,
    workspace,
    part.batches,
    call.aStep * floatBytes,
    call.bStep * floatBytes,
    rows * columns * floatBytes,
    part.rows,
    part.columns,
    depth,
    aStride * floatBytes,
    bStride * floatBytes,
    columns * floatBytes,
    transposeA ? 1 : 0,
    transposeB ? 1 : 0,
  ];
}

/** Products in this thread, on the heap where the operands lie. */
export class HeapGemm implements Gemm {
  private readonly gemm: GemmFunction;
  private readonly workspace: number;

  constructor(
    private readonly heap: WasmHeap,
    fused: boolean,
  ) {
    this.gemm = instantiateGemm(compileGemm({ fused }), heap.memory);
    this.workspace = heap.allocate(workspaceBytes);
    heap.floats(this.workspace, workspaceBytes / floatBytes).fill(0);
  }

  run(call: GemmCall): void {
    this.runPart(call, wholeCall(call));
  }

  runPart(call: GemmCall, part: GemmPart): void {
    this.gemm(...gemmArguments(call, part, this.workspace));
  }

  dispose(): void {
    this.heap.free(this.workspace);
  }
}
