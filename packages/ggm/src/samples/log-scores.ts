/**
 * Logarithms of scores. Scores are means of |Ī·Ū| and span twenty orders of magnitude; an exact zero (log → −∞) or an
 * overflow becomes ∓200, as in the authors' code, so that no sample is lost and nothing is NaN later.
 */
import { Matrix } from '@ggm-peft/linalg';

/** What stands for log 0 (negative) and log ∞ (positive). */
export const LOG_LIMIT = 200;

/**
 * log(scores), infinities clamped to ±200. `scores` is [n, p], n ≥ 2 samples of p nodes, not negative.
 *
 * @throws RangeError when there is only one sample, or a score is negative or NaN.
 */
export function logScores(caller: string, scores: Matrix): Matrix {
  const { rows, cols, data } = scores;
  if (rows < 2) {
    throw new RangeError(
      `${caller}: scores must have at least 2 rows (samples) for a covariance; got ${rows}`,
    );
  }
  return new Matrix(
    rows,
    cols,
    data.map((score, k) => {
      if (!(score >= 0)) {
        throw new RangeError(
          `${caller}: scores must not be negative or NaN; entry [${Math.floor(k / cols)}, ${k % cols}] = ${score}`,
        );
      }
      const value = Math.log(score);
      return Number.isFinite(value) ? value : Math.sign(value) * LOG_LIMIT;
    }),
  );
}
