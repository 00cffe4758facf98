/** Examples that are no token sequences: what reaches the model, and what is refused. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { arraySource, batchTensors } from '../src/index.js';

const pixels = Float32Array.from({ length: 12 }, (_, i) => i / 10);
const source = arraySource(
  { image: { data: pixels, shape: [3, 2, 2] }, kind: { data: Int32Array.of(7, 8, 9), shape: [3] } },
  [0, 1, 0.5],
);

beforeAll(() => {
  tf.enableProdMode();
});

describe('arraySource', () => {
  it('gives the examples asked for, repeated ones too, with their shape and type', () => {
    expect([source.size, source.length(2)]).toEqual([3, 1]);
    expect(source.batch([2, 0, 2])).toEqual({
      inputs: {
        image: {
          data: Float32Array.of(...pixels.slice(8), ...pixels.slice(0, 4), ...pixels.slice(8)),
          shape: [3, 2, 2],
        },
        kind: { data: Int32Array.of(9, 7, 9), shape: [3] },
      },
      labels: Float32Array.of(0.5, 0, 0.5),
    });
  });

  it.each([
    [{ data: pixels, shape: [4, 4] }, /x must hold 3 examples.*got 12 values as \[4, 4\]/],
    [{ data: pixels, shape: [3, 3] }, /x must hold 3 examples.*got 12 values as \[3, 3\]/],
    [{ data: pixels, shape: [] }, /x must hold 3 examples/],
  ])('refuses an input that does not fit the labels: %j', (x, message) => {
    expect(() => arraySource({ x }, [0, 1, 0])).toThrow(message);
  });
});

describe('batchTensors', () => {
  it('makes float32 of floats, int32 of integers', () => {
    tf.tidy(() => {
      const { image, kind, labels } = batchTensors(source.batch([1]));
      expect([image?.dtype, image?.shape]).toEqual(['float32', [1, 2, 2]]);
      expect([kind?.dtype, kind?.shape]).toEqual(['int32', [1]]);
      expect([...(labels?.dataSync() ?? [])]).toEqual([1]);
    });
  });

  it.each(['labels', 'weights'])('refuses an input called %s, which the trainer has one of', (name) => {
    const inputs = { [name]: { data: Float32Array.of(1), shape: [1, 1] } };
    expect(() => batchTensors({ inputs, labels: Float32Array.of(0) })).toThrow(`called ${name}`);
  });
});
