/**
 * Loads the compiled kernels of assembly/: synchronously, from the bytes in kernel-bytes.ts, which are few enough for
 * every browser's limit on that.
 */
import { kernelBytes } from './kernel-bytes.js';

/** What the module exports: its memory and the functions of assembly/index.ts. Addresses are in bytes. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  /** Floats of a chunk, at most; a multiple of 8. */
  capacity(): number;
  /** Addresses of a chunk's arrays. */
  weights(): number;
  first(): number;
  second(): number;
  gradient(): number;
  /** Address of the eight sums of `addSquares`, in doubles. */
  sums(): number;
  /** One step on `count` values, rounded up to a multiple of 4; see assembly/adamw-step.ts. */
  adamWStep(
    count: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale: number,
    kept: number,
    change: number,
    correction2: number,
  ): void;
  /** Adds the square of the gradient's value i to sum i mod 8, for i < `count`, a multiple of 8. */
  addSquares(count: number): void;
}

const functions = [
  'capacity',
  'weights',
  'first',
  'second',
  'gradient',
  'sums',
  'adamWStep',
  'addSquares',
] as const satisfies readonly (keyof Kernels)[];

function isKernels(exports: object): exports is Kernels {
  return (
    'memory' in exports &&
    exports.memory instanceof WebAssembly.Memory &&
    functions.every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}

/**
 * A fresh instance with a memory of its own; undefined where WebAssembly or its SIMD instructions are missing (browsers
 * before 2021, Safari before 16.4) or a page's Content-Security-Policy forbids compiling.
 */
export function instantiateKernels(): Kernels | undefined {
  try {
    const bytes = Uint8Array.from(atob(kernelBytes), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return isKernels(exports) ? exports : undefined;
  } catch {
    return undefined;
  }
}
