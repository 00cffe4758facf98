/** {@link HostArithmetic} in plain JavaScript. */
import { type HostArithmetic, sumCount, total } from './host-arithmetic.js';

export const scriptArithmetic: HostArithmetic = {
  sumOfSquares(values) {
    const sums = new Float64Array(sumCount);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      const k = i % sumCount;
      sums[k] = (sums[k] ?? 0) + value * value;
    }
    return total(sums);
  },

  step({ weights, first, second, gradient }, constants) {
    const { beta1, beta2, epsilon, scale, kept, change, correction2 } = constants;
    for (let i = 0; i < weights.length; i++) {
      const g = scale * (gradient[i] ?? 0);
      const m = beta1 * (first[i] ?? 0) + (1 - beta1) * g;
      const v = beta2 * (second[i] ?? 0) + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      weights[i] = kept * (weights[i] ?? 0) - (change * m) / (Math.sqrt(v / correction2) + epsilon);
    }
  },
};
