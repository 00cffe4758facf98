/** The border checks for samples [n, p]: one row a sample, one column a variable. */
import { requireMatrix } from '@ggm-peft/linalg';
import type { Matrix } from '@ggm-peft/linalg';

/** Samples without which there is no variance. */
const LEAST_SAMPLES = 2;

/**
 * Checks that samples are complete: at least two rows, every entry finite.
 *
 * @throws RangeError naming the first offending row and column.
 */
export function requireCompleteSamples(caller: string, samples: Matrix): void {
  requireRows(caller, samples);
  const at = samples.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const value = samples.data[at] ?? Number.NaN;
  const hint = Number.isNaN(value)
    ? '; for missing values use pairwiseCovariance or pairwiseCorrelation, or leave the row out'
    : '';
  throw new RangeError(`${caller}: samples must be finite; ${place(samples, at)} = ${value}${hint}`);
}

/**
 * Checks samples in which NaN stands for a missing value: at least two rows, no infinity, at least two observed values
 * in every column.
 *
 * @throws RangeError naming the first offending row or column.
 */
export function requireObservedSamples(caller: string, samples: Matrix): void {
  requireRows(caller, samples);
  const { rows, cols, data } = samples;
  const observed = new Int32Array(cols);
  data.forEach((value, k) => {
    if (Number.isNaN(value)) return;
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `${caller}: samples must be finite or NaN (missing); ${place(samples, k)} = ${value}`,
      );
    }
    observed[k % cols] = (observed[k % cols] ?? 0) + 1;
  });
  const column = observed.findIndex((count) => count < LEAST_SAMPLES);
  if (column >= 0) {
    throw new RangeError(
      `${caller}: samples must have at least ${LEAST_SAMPLES} observed values in every column; ` +
        `column ${column} has ${observed[column] ?? 0} in ${rows} rows`,
    );
  }
}

function requireRows(caller: string, samples: Matrix): void {
  requireMatrix(`${caller}: samples`, samples);
  const { rows, cols } = samples;
  if (rows < LEAST_SAMPLES) {
    throw new RangeError(
      `${caller}: samples must have at least ${LEAST_SAMPLES} rows; got ${rows} x ${cols} (one row a sample)`,
    );
  }
}

function place({ cols }: Matrix, at: number): string {
  return `row ${Math.floor(at / cols)}, column ${at % cols}`;
}
