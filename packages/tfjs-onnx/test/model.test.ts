/**
 * The ONNX writer: wire format by protobuf's documented examples, graphs without what nobody needs.
 *
 * @jest-environment ./test/node-arrays-environment.mjs
 */
import { describe, expect, it } from '@jest/globals';
import { blockCount, inBlocks } from '../src/graph/blocks.js';
import { Graph } from '../src/graph/graph.js';
import type { Value } from '../src/graph/value.js';
import { writeModel } from '../src/onnx/model.js';
import { Message } from '../src/onnx/protobuf.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const write = (outputs: Record<string, Value>): ReturnType<typeof writeModel> =>
  writeModel(new Map(Object.entries(outputs)), 1024);

describe('Message', () => {
  it('writes the examples of protobuf’s documentation', () => {
    // https://protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, a message in field 3
    const first = new Message().integer(1, 150);
    expect(hex(first.finish())).toBe('089601');
    expect(hex(new Message().text(2, 'testing').finish())).toBe('120774657374696e67');
    expect(hex(new Message().message(3, first).finish())).toBe('1a03089601');
  });

  it('writes negative integers in ten bytes and floats in four', () => {
    expect(hex(new Message().integer(1, -2).finish())).toBe('08feffffffffffffffff01');
    expect(hex(new Message().float(2, 1).finish())).toBe('150000803f');
  });

  it('writes integers beyond 32 bits and fields beyond one byte', () => {
    // 2⁴⁰ = 1 << (5 · 7 + 5); field 20 is the tag 20 · 8 = 160
    expect(hex(new Message().integer(20, 2 ** 40).finish())).toBe('a001808080808020');
    expect(hex(new Message().integer(1, 127).integer(1, 128).finish())).toBe('087f088001');
  });

  it('writes text as UTF-8, its length in bytes', () => {
    expect(hex(new Message().text(1, 'aβ€😀').text(2, '').finish())).toBe('0a0a61ceb2e282acf09f98801200');
  });

  it('grows with what is written and keeps what was', () => {
    const long = 'x'.repeat(1000);
    const message = new Message().integer(1, 5).text(2, long).bytes(3, Uint8Array.of(1, 2)).float(4, 1);
    const parts = ['0805', `12e807${'78'.repeat(1000)}`, '1a020102', '250000803f'];
    expect(hex(message.finish())).toBe(parts.join(''));
  });
});

describe('inBlocks', () => {
  const rows = (graph: Graph): Record<'x' | 'y', Value> => ({
    x: graph.fed('x', [1024, 1024], 'float32'),
    y: graph.fed('y', [1024, 1], 'float32'),
  });
  const sum = (graph: Graph): Value =>
    inBlocks(
      graph,
      rows(graph),
      { w: graph.unary('Exp', graph.fed('w', [1024], 'float32')) },
      ({ x, y, w }) => graph.binary('Mul', graph.binary('Add', x, y), w),
    );

  it('cuts rows into blocks of equal height, and small arrays and prime counts of rows not at all', () => {
    expect(blockCount(1024, 1024)).toBe(8);
    expect(blockCount(2048, 3072)).toBe(64);
    expect(blockCount(512, 1023)).toBe(1);
    expect(blockCount(1048573, 1)).toBe(1);
  });

  it('is one node, after those that its body uses; without the option, the nodes themselves', () => {
    const blocked = sum(new Graph({ inBlocks: true }));
    expect(blocked.shape).toEqual([8, 128, 1024]);
    const { nodeCount, fed } = write({ blocked });
    // Exp, two reshapes and Scan
    expect(nodeCount).toBe(4);
    expect([...fed].sort()).toEqual(['w', 'x', 'y']);
    const flat = sum(new Graph());
    expect(flat.shape).toEqual([1, 1024, 1024]);
    // Exp, Add, Mul, Reshape
    expect(write({ flat }).nodeCount).toBe(4);
  });
});

describe('Graph', () => {
  const graph = new Graph();
  const x = graph.fed('x', [2, 3], 'float32');

  it('leaves out what no output needs', () => {
    const used = graph.unary('Exp', x);
    graph.unary('Log', graph.fed('unused', [9], 'float32'));
    const { nodeCount, fed } = write({ y: used });
    expect(nodeCount).toBe(1);
    expect([...fed]).toEqual(['x']);
  });

  it('counts the bytes that its nodes compute', () => {
    const y = graph.cast(graph.unary('Exp', x), 'bool'); // 6 floats, 6 bools
    expect(write({ y }).computedBytes).toBe(6 * 4 + 6);
  });

  it('makes nothing of products with ones, sums with zeros, and reshapes and casts to the same', () => {
    const ones = graph.full([2, 3], 1, 'float32');
    expect(graph.binary('Mul', x, ones)).toBe(x);
    expect(graph.binary('Add', graph.full([2, 3], 0, 'float32'), x)).toBe(x);
    expect(graph.binary('Sub', x, graph.scalar(0, 'float32'))).toBe(x);
    expect(graph.reshape(x, [2, 3])).toBe(x);
    expect(graph.cast(x, 'float32')).toBe(x);
    expect(graph.transpose(x, [0, 1])).toBe(x);
    expect(write({ y: graph.binary('Sub', graph.scalar(0, 'float32'), x) }).nodeCount).toBe(1);
  });

  it('lets a binary operator repeat by itself, but not where the shape would shrink', () => {
    const row = graph.fed('row', [1, 3], 'float32');
    const repeated = graph.expand(row, [2, 3]);
    expect(write({ y: graph.binary('Mul', repeated, x) }).nodeCount).toBe(1);
    const both = graph.binary('Mul', repeated, repeated);
    expect(both.shape).toEqual([2, 3]);
    expect(write({ y: both }).nodeCount).toBe(2);
  });

  it('feeds large constants', () => {
    const large = graph.data(new Float32Array(300), [300], 'float32');
    const { fedConstants, bytes } = write({ y: graph.unary('Exp', large) });
    expect(fedConstants.size).toBe(1);
    expect(bytes.length).toBeLessThan(400);
  });

  it('casts small constants itself, as tfjs does', () => {
    const constant = graph.constant([0.5, -1.5, 0, 3], [4], 'float32');
    const castTo = (type: 'int32' | 'bool'): number[] => {
      const { source } = graph.cast(constant, type);
      return source.kind === 'constant' ? Array.from(source.data, Number) : [];
    };
    expect(castTo('int32')).toEqual([0, -1, 0, 3]);
    expect(castTo('bool')).toEqual([1, 1, 0, 1]);
  });

  it('orders graphs that are deeper than the stack', () => {
    let deep = x;
    for (let i = 0; i < 50_000; i++) deep = graph.unary('Neg', deep);
    expect(write({ y: deep }).nodeCount).toBe(50_000);
  });
});
