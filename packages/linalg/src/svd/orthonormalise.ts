/**
 * Adding vectors to an orthonormal basis: classical Gram–Schmidt against the basis and modified Gram–Schmidt within
 * the new block, repeated until a pass changes no length by half ("twice is enough", Parlett 1980, with the count left
 * to the data). A vector with nothing new in it is replaced by a random one, so the block never loses rank.
 */
import { Matrix } from '../matrix.js';
import { multiply, multiplyTransposedRight } from '../multiply.js';

const MAX_PASSES = 8;

/**
 * Makes the rows of `block` orthonormal, and orthogonal to the first `size` rows of `basis`.
 *
 * @param basis [≥ size, n] row-major, orthonormal rows.
 * @param block [b, n] row-major; overwritten. size + b must not exceed n.
 * @param negligible a row that falls to this length holds rounding errors only.
 * @param gaussian source of the replacements.
 */
export function orthonormalise(
  basis: Float64Array,
  size: number,
  block: Float64Array,
  n: number,
  negligible: number,
  gaussian: () => number,
): void {
  let floor = negligible;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = rowLengths(block, n);
    if (size > 0) subtractProjection(basis, size, block, n);
    let settled = true;
    for (let c = 0; c * n < block.length; c++) {
      for (let d = 0; d < c; d++) subtractAlong(block, n, c, d);
      const row = block.subarray(c * n, (c + 1) * n);
      const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
      if (length <= floor) {
        for (let k = 0; k < n; k++) row[k] = gaussian() / Math.sqrt(n);
        settled = false;
      } else {
        for (let k = 0; k < n; k++) row[k] = (row[k] ?? 0) / length;
        if (length < 0.5 * (before[c] ?? 0)) settled = false;
      }
    }
    if (settled) return;
    // From here on the rows have unit length.
    floor = 1e-8;
  }
}

/** block −= (block basisᵀ) basis. */
function subtractProjection(basis: Float64Array, size: number, block: Float64Array, n: number): void {
  const against = new Matrix(size, n, basis.subarray(0, size * n));
  const coefficients = multiplyTransposedRight(new Matrix(block.length / n, n, block), against); // [b, size]
  const { data: projection } = multiply(coefficients, against); // [b, n]
  for (let k = 0; k < block.length; k++) block[k] = (block[k] ?? 0) - (projection[k] ?? 0);
}

/** Removes from row c of the block its part along the unit row d. */
function subtractAlong(block: Float64Array, n: number, c: number, d: number): void {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (block[c * n + k] ?? 0) * (block[d * n + k] ?? 0);
  for (let k = 0; k < n; k++) block[c * n + k] = (block[c * n + k] ?? 0) - sum * (block[d * n + k] ?? 0);
}

function rowLengths(block: Float64Array, n: number): Float64Array {
  const lengths = new Float64Array(block.length / n);
  for (let c = 0; c < lengths.length; c++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (block[c * n + k] ?? 0) ** 2;
    lengths[c] = Math.sqrt(sum);
  }
  return lengths;
}
