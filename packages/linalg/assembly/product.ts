/**
 * C = X Yᵀ, the inner products of the rows of X [m, k] with those of Y [n, k]. Either operand may lie by columns, that
 * is as its transpose; so this is A B, Aᵀ B and A Bᵀ, and nothing has to be transposed first.
 *
 * Blocked for the caches as Goto & van de Geijn do it (ACM TOMS 34, 2008): a block of Y and one of X are copied so that
 * four rows lie interleaved; then every 4 × 4 tile of C reads both in the order in which they lie. A packed block of X
 * (128 kB) and one of Y (256 kB) stay in the second-level cache, four rows of Y (8 kB) in the first.
 */
import { packColumns } from './pack-columns';
import { packRows } from './pack-rows';

const DEPTH: usize = 256;
const ROWS: usize = 64;
const COLUMNS: usize = 128;

const packedX: usize = memory.data(64 * 256 * 8, 64);
const packedY: usize = memory.data(128 * 256 * 8, 64);
/** A tile that hangs over the edge of C. */
const edge: usize = memory.data(4 * 4 * 8, 16);

/** What becomes of the entries of C: entry ← sum, entry + sum, entry − sum. */
const SET: usize = 0;
const ADD: usize = 1;
const SUBTRACT: usize = 2;

/**
 * C [m, n] = X Yᵀ, k > 0.
 *
 * @param byColumns whether the operand before it lies by columns: entry (i, l) at l · ld + i instead of i · ld + l.
 */
export function product(
  x: usize,
  ldx: usize,
  xByColumns: bool,
  y: usize,
  ldy: usize,
  yByColumns: bool,
  c: usize,
  ldc: usize,
  m: usize,
  n: usize,
  k: usize,
): void {
  accumulate(x, ldx, xByColumns, y, ldy, yByColumns, c, ldc, m, n, k, SET, ADD);
}

/** C [m, n] −= X Yᵀ, the operands as for {@link product}. */
export function subtractProduct(
  x: usize,
  ldx: usize,
  xByColumns: bool,
  y: usize,
  ldy: usize,
  yByColumns: bool,
  c: usize,
  ldc: usize,
  m: usize,
  n: usize,
  k: usize,
): void {
  accumulate(x, ldx, xByColumns, y, ldy, yByColumns, c, ldc, m, n, k, SUBTRACT, SUBTRACT);
}

/** C [n, n] = X Yᵀ on and below the diagonal, both by rows; what lies above the diagonal is undefined. */
export function lowerProduct(
  x: usize,
  ldx: usize,
  y: usize,
  ldy: usize,
  c: usize,
  ldc: usize,
  n: usize,
  k: usize,
): void {
  for (let i: usize = 0; i < n; i += COLUMNS) {
    const end = min(i + COLUMNS, n);
    product(x + ((i * ldx) << 3), ldx, false, y, ldy, false, c + ((i * ldc) << 3), ldc, end - i, end, k);
  }
}

function accumulate(
  x: usize,
  ldx: usize,
  xByColumns: bool,
  y: usize,
  ldy: usize,
  yByColumns: bool,
  c: usize,
  ldc: usize,
  m: usize,
  n: usize,
  k: usize,
  first: usize,
  further: usize,
): void {
  for (let l: usize = 0; l < k; l += DEPTH) {
    const depth = min(DEPTH, k - l);
    const mode = l === 0 ? first : further;
    for (let j: usize = 0; j < n; j += COLUMNS) {
      const columns = min(COLUMNS, n - j);
      pack(y, ldy, yByColumns, j, columns, l, depth, packedY);
      for (let i: usize = 0; i < m; i += ROWS) {
        const rows = min(ROWS, m - i);
        pack(x, ldx, xByColumns, i, rows, l, depth, packedX);
        blockProducts(c + ((i * ldc + j) << 3), ldc, rows, columns, depth, mode);
      }
    }
  }
}

function pack(
  x: usize,
  ldx: usize,
  byColumns: bool,
  i: usize,
  rows: usize,
  l: usize,
  depth: usize,
  to: usize,
): void {
  if (byColumns) packColumns(x + ((l * ldx + i) << 3), ldx, rows, depth, to);
  else packRows(x + ((i * ldx + l) << 3), ldx, rows, depth, to);
}

/** The products of the packed blocks: one tile of C after the other. */
function blockProducts(c: usize, ldc: usize, rows: usize, columns: usize, depth: usize, mode: usize): void {
  const step = depth << 5;
  for (let j: usize = 0; j < columns; j += 4) {
    const y = packedY + (j >> 2) * step;
    const width = min(4, columns - j);
    for (let i: usize = 0; i < rows; i += 4) {
      const x = packedX + (i >> 2) * step;
      const at = c + ((i * ldc + j) << 3);
      const height = min(4, rows - i);
      if (width === 4 && height === 4) {
        tileProduct(x, y, depth, at, ldc, mode);
      } else {
        tileProduct(x, y, depth, edge, 4, SET);
        for (let r: usize = 0; r < height; r++) {
          writeEntries(at + ((r * ldc) << 3), edge + (r << 5), width, mode);
        }
      }
    }
  }
}

function writeEntries(c: usize, sums: usize, width: usize, mode: usize): void {
  for (let j: usize = 0; j < width; j++) {
    const at = c + (j << 3);
    const sum = load<f64>(sums + (j << 3));
    store<f64>(at, mode === SET ? sum : mode === ADD ? load<f64>(at) + sum : load<f64>(at) - sum);
  }
}

/**
 * Four interleaved rows against four: eight vector sums, two vectors of Y, one entry of X and one product fit the
 * sixteen registers of x86-64 and ARM.
 */
export function tileProduct(x: usize, y: usize, depth: usize, c: usize, ldc: usize, mode: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (const end = x + (depth << 5); x < end;) {
    const left = v128.load(y);
    const right = v128.load(y, 16);
    let entry = v128.load_splat<f64>(x);
    c00 = f64x2.add(c00, f64x2.mul(entry, left));
    c01 = f64x2.add(c01, f64x2.mul(entry, right));
    entry = v128.load_splat<f64>(x, 8);
    c10 = f64x2.add(c10, f64x2.mul(entry, left));
    c11 = f64x2.add(c11, f64x2.mul(entry, right));
    entry = v128.load_splat<f64>(x, 16);
    c20 = f64x2.add(c20, f64x2.mul(entry, left));
    c21 = f64x2.add(c21, f64x2.mul(entry, right));
    entry = v128.load_splat<f64>(x, 24);
    c30 = f64x2.add(c30, f64x2.mul(entry, left));
    c31 = f64x2.add(c31, f64x2.mul(entry, right));
    x += 32;
    y += 32;
  }
  const row = ldc << 3;
  writePairs(c, c00, c01, mode);
  writePairs(c + row, c10, c11, mode);
  writePairs(c + 2 * row, c20, c21, mode);
  writePairs(c + 3 * row, c30, c31, mode);
}

function writePairs(c: usize, left: v128, right: v128, mode: usize): void {
  if (mode === ADD) {
    left = f64x2.add(v128.load(c), left);
    right = f64x2.add(v128.load(c, 16), right);
  } else if (mode === SUBTRACT) {
    left = f64x2.sub(v128.load(c), left);
    right = f64x2.sub(v128.load(c, 16), right);
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}
