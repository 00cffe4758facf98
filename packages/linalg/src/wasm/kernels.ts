/**
 * Loads the compiled kernels: synchronously, on first use, from the bytes in kernel-bytes.ts.
 *
 * Where WebAssembly or its SIMD instructions are missing (browsers before 2021, Safari before 16.4), where the page's
 * Content-Security-Policy forbids compiling, or where the browser limits what may be compiled synchronously to less
 * than our 13 kB (Chrome did, to 4 kB, until 2023; it is 8 MB now), there are no kernels, and every caller has a path
 * in plain JavaScript.
 *
 * The kernels' signatures are those of assembly/; pointers and sizes are unsigned integers below 2³².
 */
import { decodeBase64 } from './decode-base64.js';
import { kernelBytes } from './kernel-bytes.js';

/** Address of an array's first double in the kernels' memory. */
export type Pointer = number;

/** What the module exports: the memory and the functions of assembly/index.ts that are called from outside. */
export interface Kernels {
  readonly memory: KernelMemory;
  /** Where the kernels' own data end. */
  firstFreeByte(): Pointer;
  /**
   * C [m, n] = X Yᵀ for the rows of X [m, k] and Y [n, k], k > 0. An operand by columns has entry (i, l) at l · ld + i.
   */
  product(
    x: Pointer,
    ldx: number,
    xByColumns: boolean,
    y: Pointer,
    ldy: number,
    yByColumns: boolean,
    c: Pointer,
    ldc: number,
    m: number,
    n: number,
    k: number,
  ): void;
  /** C [n, n] = X Yᵀ on and below the diagonal, both by rows. */
  lowerProduct(
    x: Pointer,
    ldx: number,
    y: Pointer,
    ldy: number,
    c: Pointer,
    ldc: number,
    n: number,
    k: number,
  ): void;
  /** L in place of A's lower triangle; returns n, or the index of the failing pivot, which has replaced a_jj. */
  cholesky(a: Pointer, lda: number, n: number, tolerance: number): number;
  /** The lower triangle of (L Lᵀ)⁻¹ in place of L; `u` is room for n × ldl doubles. */
  invert(l: Pointer, ldl: number, u: Pointer, n: number): void;
  /** T and the reflectors of A = Q T Qᵀ; see assembly/tridiagonalise.ts. */
  tridiagonalise(
    a: Pointer,
    lda: number,
    n: number,
    diagonal: Pointer,
    offDiagonal: Pointer,
    halfSquares: Pointer,
    scratch: Pointer,
  ): void;
  /** Doubles of scratch memory for {@link tridiagonalise}. */
  tridiagonalScratch(n: number): number;
  /** Z [n, m] ← Q Z, the reflectors as tridiagonalise leaves them; see assembly/apply-reflectors.ts. */
  applyReflectors(
    z: Pointer,
    ldz: number,
    m: number,
    v: Pointer,
    ldv: number,
    n: number,
    halfSquares: Pointer,
    scratch: Pointer,
  ): void;
  /** Doubles of scratch memory for {@link applyReflectors}. */
  reflectorScratch(n: number, m: number): number;
  /** Rotates row i of B [count, m] with all later ones; see assembly/orthogonalise-rows.ts. Returns the rotations. */
  orthogonaliseRow(
    b: Pointer,
    ldb: number,
    m: number,
    v: Pointer,
    ldv: number,
    n: number,
    squares: Pointer,
    count: number,
    i: number,
    orthogonal: number,
    floor: number,
  ): number;
  /** Copies what lies below the diagonal of A [n, n] to above it. */
  mirrorLower(a: Pointer, lda: number, n: number): void;
}

/** The part of WebAssembly.Memory that is used. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB. */
  grow(pages: number): number;
}

/** The part of the WebAssembly namespace that is used; it is in no ECMAScript library that TypeScript knows. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

const FUNCTIONS = [
  'firstFreeByte',
  'product',
  'lowerProduct',
  'mirrorLower',
  'cholesky',
  'invert',
  'tridiagonalise',
  'tridiagonalScratch',
  'applyReflectors',
  'reflectorScratch',
  'orthogonaliseRow',
] as const satisfies readonly (keyof Kernels)[];

/** A fresh instance of the kernels at each call, or undefined where there can be none. */
type Instantiate = () => Kernels | undefined;

let instantiate: Instantiate | undefined;

/** A fresh instance with a memory of its own; undefined where the kernels cannot run. Compiles on the first call. */
export function instantiateKernels(): Kernels | undefined {
  instantiate ??= compile();
  return instantiate();
}

function compile(): Instantiate {
  const api: unknown = Reflect.get(globalThis, 'WebAssembly');
  if (!isWebAssembly(api)) return () => undefined;
  try {
    const module = new api.Module(decodeBase64(kernelBytes));
    return () => {
      const { exports } = new api.Instance(module);
      return isKernels(exports) ? exports : undefined;
    };
  } catch {
    // No SIMD, a policy against compiling, a low limit for compiling synchronously: see the file's head.
    return () => undefined;
  }
}

function isWebAssembly(value: unknown): value is WebAssemblyNamespace {
  return (
    typeof value === 'object' &&
    value !== null &&
    'Module' in value &&
    typeof value.Module === 'function' &&
    'Instance' in value &&
    typeof value.Instance === 'function'
  );
}

function isKernels(exports: object): exports is Kernels {
  return (
    'memory' in exports &&
    typeof exports.memory === 'object' &&
    FUNCTIONS.every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}
