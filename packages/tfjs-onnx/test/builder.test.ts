/**
 * Models written by hand: ONNX Runtime reads them and runs them with lengths that no one has named before.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { describe, expect, it } from '@jest/globals';
import { loadOnnxRuntime, OnnxBuilder } from '../src/index.js';

/** y = x · w, and how long x is. */
function product(): OnnxBuilder {
  const builder = new OnnxBuilder('product');
  const x = builder.input('x', { type: 'float32', shape: ['rows', 2] });
  const w = builder.tensor('w', { type: 'float32', shape: [2, 1] }, Float32Array.of(3, 5));
  builder.output(builder.node('y', 'MatMul', [x, w]), { type: 'float32', shape: ['rows', 1] });
  builder.output(builder.node('shape', 'Shape', [x]), { type: 'int64', shape: [2] });
  return builder;
}

describe('OnnxBuilder', () => {
  it('runs on ONNX Runtime with any number of rows', async () => {
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(product().finish());
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual(['y', 'shape']);
    expect(session.inputMetadata[0]).toMatchObject({ type: 'float32', shape: ['rows', 2] });
    for (const rows of [1, 3]) {
      const x = new ort.Tensor('float32', new Float32Array(2 * rows).fill(1), [rows, 2]);
      const { y, shape } = await session.run({ x });
      expect(y?.data).toEqual(new Float32Array(rows).fill(8));
      expect(shape?.data).toEqual(BigInt64Array.of(BigInt(rows), 2n));
    }
    await session.release();
  });

  it('writes attributes of every kind', async () => {
    const ort = await loadOnnxRuntime();
    const builder = new OnnxBuilder('attributes');
    const x = builder.input('x', { type: 'float32', shape: [1, 2] });
    const turned = builder.node('turned', 'Transpose', [x], { perm: [1, 0] });
    const leaky = builder.node('leaky', 'LeakyRelu', [turned], { alpha: { float: 0.5 } });
    builder.output(builder.node('y', 'Cast', [leaky], { to: 'int32' }), { type: 'int32', shape: [2, 1] });
    const session = await ort.InferenceSession.create(builder.finish());
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(-8, 8), [1, 2]) });
    expect(y?.dims).toEqual([2, 1]);
    expect(y?.data).toEqual(Int32Array.of(-4, 8));
    await session.release();
  });

  it('refuses a value that is not there, or there twice', () => {
    const builder = product();
    expect(() => builder.node('z', 'Relu', ['x', 'v'])).toThrow('node z: there is no value v yet');
    expect(() => {
      builder.output('v', { type: 'float32', shape: [1] });
    }).toThrow('output: there is no value v yet');
    expect(() => builder.node('w', 'Relu', ['x'])).toThrow('w must be defined once');
  });

  it('refuses data that do not fit', () => {
    const builder = new OnnxBuilder('misfit');
    const shape = { type: 'int64', shape: [3] } as const;
    expect(() => builder.tensor('t', shape, BigInt64Array.of(1n))).toThrow(
      't: data must be a BigInt64Array of 3 values for int64 [3]; got a BigInt64Array of 1',
    );
    expect(() => builder.tensor('t', shape, Int32Array.of(1, 2, 3))).toThrow('got a Int32Array of 3');
  });

  it('refuses a model beyond 2 GiB before it copies anything', () => {
    const builder = product();
    const half = new Float32Array(2 ** 28);
    builder.tensor('first', { type: 'float32', shape: [half.length] }, half);
    builder.tensor('second', { type: 'float32', shape: [half.length] }, half);
    const before = process.memoryUsage.rss();
    expect(() => builder.finish()).toThrow('must take at most 2147483647 bytes; this model takes 2147483');
    expect(process.memoryUsage.rss() - before).toBeLessThan(half.byteLength / 2);
  });
});
