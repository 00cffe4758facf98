/**
 * Nodes whose scores are rounding noise. A score goes with the square of a gradient, and a gradient below float32's
 * relative precision 2⁻²³ of the largest is not told from zero. RoBERTa's key biases are such nodes: softmax does not
 * see them, so their gradient is zero in exact arithmetic (their scores are near 1e-23). The logarithm of noise varies
 * like any other; taken at face value, the graphical model would find connections in it and train dead nodes.
 */
import type { Matrix } from '@ggm-peft/linalg';

/** (2⁻²³)², the largest score of a dead node relative to the largest score of all. */
const noise = 2 ** -46;

/**
 * Sets the columns of dead nodes to zero: a constant column is connected with nothing.
 * @param scores [n, p], changed in place
 * @returns the dead nodes' columns
 */
export function silenceDeadNodes(scores: Matrix): number[] {
  const { rows, cols, data } = scores;
  const highest = new Float64Array(cols);
  data.forEach((score, i) => {
    highest[i % cols] = Math.max(highest[i % cols] ?? 0, score);
  });
  const floor = noise * highest.reduce((most, score) => Math.max(most, score), 0);
  const dead: number[] = [];
  highest.forEach((score, column) => {
    if (score > floor) return;
    dead.push(column);
    for (let row = 0; row < rows; row++) data[row * cols + column] = 0;
  });
  return dead;
}
