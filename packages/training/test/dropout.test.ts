import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededGenerator } from '@ggm-peft/random';
import * as tf from '@tensorflow/tfjs';

import { SeededDropout } from '../src/index.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe('SeededDropout', () => {
  it.each([0.1, 0.5, 0.9])('drops a share of %d and keeps the expectation', (rate) => {
    const size = 400_000;
    const mask = new SeededDropout(seededGenerator(1)).mask(size, rate);
    const dropped = mask.filter((value) => value === 0).length / size;
    // Six standard deviations of a binomial share.
    expect(Math.abs(dropped - rate)).toBeLessThan(6 * Math.sqrt((rate * (1 - rate)) / size));
    const mean = mask.reduce((sum, value) => sum + value, 0) / size;
    expect(Math.abs(mean - 1)).toBeLessThan(6 * Math.sqrt(rate / (1 - rate) / size));
    expect(new Set(mask).size).toBe(2);
  });

  it('draws neighbours independently', () => {
    const mask = new SeededDropout(seededGenerator(2)).mask(200_000, 0.5);
    let both = 0;
    for (let i = 0; i + 1 < mask.length; i += 2) if (mask[i] === 0 && mask[i + 1] === 0) both++;
    expect(Math.abs(both / 100_000 - 0.25)).toBeLessThan(6 * Math.sqrt((0.25 * 0.75) / 100_000));
  });

  it('repeats itself under the same seed only', () => {
    const [a, b, c] = [7, 7, 8].map((seed) => new SeededDropout(seededGenerator(seed)));
    const first = a?.mask(101, 0.3);
    expect(b?.mask(101, 0.3)).toEqual(first);
    expect(c?.mask(101, 0.3)).not.toEqual(first);
    expect(a?.mask(101, 0.3)).not.toEqual(first);
  });

  it('uses the same mask forward and backward', () => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      tf.sum(new SeededDropout(seededGenerator(3)).apply(x, 0.4)),
    )(tf.ones([50]));
    expect(tf.sum(grad).dataSync()[0]).toBeCloseTo(value.dataSync()[0] ?? NaN, 4);
  });

  it('keeps everything at rate 0 and refuses rate 1', () => {
    expect(new SeededDropout(seededGenerator(0)).mask(5, 0)).toEqual(new Float32Array(5).fill(1));
    expect(() => new SeededDropout(seededGenerator(0)).mask(5, 1)).toThrow(
      'SeededDropout: rate must lie in [0, 1); got 1',
    );
  });
});
