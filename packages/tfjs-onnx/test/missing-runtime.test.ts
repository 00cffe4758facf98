/** Without onnxruntime-node, an optional peer, running says what to install; importing and compiling work. */
import { expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

jest.unstable_mockModule('onnxruntime-node', () => {
  throw new Error("Cannot find package 'onnxruntime-node'");
});

tf.enableProdMode();

it('names the package that is missing', async () => {
  const { compile } = await import('../src/index.js');
  const fn = compile((inputs) => inputs);
  await expect(fn.run({ x: tf.scalar(1) })).rejects.toThrow(/npm install onnxruntime-node/);
  expect(fn.sessions).toBe(0);
});
