/** What is written is what is read, whatever the names, shapes and element types; and the bytes depend on nothing else. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseHeader, parseHeaderLength } from '../src/header.js';
import {
  openSafetensors,
  parseSafetensors,
  SafetensorsError,
  serializeSafetensors,
  writeSafetensors,
} from '../src/index.js';
import type { Tensor } from '../src/index.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const shape = fc.array(fc.nat(4), { maxLength: 4 });
const size = (sides: readonly number[]): number => sides.reduce((product, side) => product * side, 1);
const filled = <A>(
  sides: number[],
  array: (length: number) => A,
  bytes: (a: A) => Uint8Array,
): fc.Arbitrary<A> => {
  const data = array(size(sides));
  const view = bytes(data);
  return fc.uint8Array({ minLength: view.length, maxLength: view.length }).map((random) => {
    view.set(random);
    return data;
  });
};
const over = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A tensor of any element type, its elements random bit patterns (NaN payloads and subnormals among them). */
const tensor: fc.Arbitrary<Tensor> = shape.chain((sides) =>
  fc.oneof(
    filled(sides, (n) => new Float32Array(n), over).map((data): Tensor => ({
      dtype: 'F32',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new Float32Array(2 * n), over).map((data): Tensor => ({
      dtype: 'C64',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new Float64Array(n), over).map((data): Tensor => ({
      dtype: 'F64',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new Int8Array(n), over).map((data): Tensor => ({ dtype: 'I8', shape: sides, data })),
    filled(sides, (n) => new Int16Array(n), over).map((data): Tensor => ({
      dtype: 'I16',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new Int32Array(n), over).map((data): Tensor => ({
      dtype: 'I32',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new Uint32Array(n), over).map((data): Tensor => ({
      dtype: 'U32',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new BigInt64Array(n), over).map((data): Tensor => ({
      dtype: 'I64',
      shape: sides,
      data,
    })),
    filled(sides, (n) => new BigUint64Array(n), over).map((data): Tensor => ({
      dtype: 'U64',
      shape: sides,
      data,
    })),
    fc
      .tuple(
        fc.constantFrom('U16' as const, 'F16' as const, 'BF16' as const),
        filled(sides, (n) => new Uint16Array(n), over),
      )
      .map(([dtype, data]): Tensor => ({ dtype, shape: sides, data })),
    fc
      .tuple(
        fc.constantFrom(
          'BOOL' as const,
          'U8' as const,
          'F8_E4M3' as const,
          'F8_E5M2' as const,
          'F8_E8M0' as const,
        ),
        filled(sides, (n) => new Uint8Array(n), over),
      )
      .map(([dtype, data]): Tensor => ({ dtype, shape: sides, data })),
  ),
);

const name = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__'),
  fc.constantFrom('', '0', '10', '9', '__proto__', 'constructor', 'a"b\\c', 'line\nbreak', 'é', '😀'),
);
const named = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 });
const metadata = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary' })), {
  selector: ([key]) => key,
  maxLength: 3,
});

/** NaN payloads count, so tensors are compared by their bytes. */
const comparable = ({ dtype, shape: sides, data }: Tensor): unknown => ({
  dtype,
  sides,
  array: data.constructor.name,
  bytes: [...over(data)],
});
const comparableAll = (tensors: Iterable<readonly [string, Tensor]>): Map<string, unknown> =>
  new Map([...tensors].map(([key, value]) => [key, comparable(value)]));

describe('what is written', () => {
  it('is what is read, in memory', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, texts) => {
        const parsed = parseSafetensors(serializeSafetensors(tensors, texts));
        expect(comparableAll(parsed.tensors)).toEqual(comparableAll(tensors));
        expect(parsed.metadata).toEqual(new Map(texts));
      }),
    );
  });

  it('is what is read, on disk', async () => {
    const path = join(folder, 'round-trip.safetensors');
    await fc.assert(
      fc.asyncProperty(named, metadata, async (tensors, texts) => {
        await writeSafetensors(path, tensors, texts);
        const file = await openSafetensors(path);
        try {
          const read = await Promise.all(file.names.map(async (key) => [key, await file.read(key)] as const));
          expect(comparableAll(read)).toEqual(comparableAll(tensors));
          expect(file.metadata).toEqual(new Map(texts));
          expect([...file.entries.keys()]).toEqual(file.names);
        } finally {
          await file.close();
        }
        expect(await readFile(path)).toEqual(Buffer.from(serializeSafetensors(tensors, texts)));
      }),
      { numRuns: 40 },
    );
  });

  it('has the same bytes whatever order the tensors and the metadata come in', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, texts) => {
        const reversed = serializeSafetensors([...tensors].reverse(), [...texts].reverse());
        expect(reversed).toEqual(serializeSafetensors(tensors, texts));
      }),
    );
  });

  it('has every tensor aligned to its element width', () => {
    fc.assert(
      fc.property(named, (tensors) => {
        const bytes = serializeSafetensors(tensors);
        const headerBytes = parseHeaderLength(bytes, bytes.length, 'test');
        const json = bytes.subarray(8, 8 + headerBytes);
        const { entries } = parseHeader(json, bytes.length - 8 - headerBytes, 'test');
        expect(headerBytes % 8).toBe(0);
        for (const [key, { data }] of tensors)
          expect((entries.get(key)?.begin ?? NaN) % data.BYTES_PER_ELEMENT).toBe(0);
      }),
    );
  });

  it('is exactly the bytes of the format', () => {
    const json =
      '{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
    const bytes = serializeSafetensors(
      [
        ['a', { dtype: 'U8', shape: [2], data: new Uint8Array([7, 8]) }],
        ['b', { dtype: 'F32', shape: [1], data: new Float32Array([1]) }],
      ],
      [['format', 'pt']],
    );
    expect([...bytes]).toEqual([
      padded.length,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...new TextEncoder().encode(padded),
      0,
      0,
      0x80,
      0x3f,
      7,
      8,
    ]);
  });

  it('takes only the part of a buffer that an array covers', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    const { tensors } = parseSafetensors(serializeSafetensors([['a', { dtype: 'F32', shape: [2], data }]]));
    expect(tensors.get('a')?.data).toEqual(new Float32Array([2, 3]));
  });
});

describe('reading in memory', () => {
  it('copies, so that later changes to the bytes change no tensor', () => {
    const bytes = serializeSafetensors([['a', { dtype: 'U8', shape: [1], data: new Uint8Array([5]) }]]);
    const { tensors } = parseSafetensors(bytes);
    bytes.fill(0);
    expect(tensors.get('a')?.data).toEqual(new Uint8Array([5]));
  });

  it('takes bytes that begin anywhere in their buffer', () => {
    const bytes = serializeSafetensors([['a', { dtype: 'F64', shape: [1], data: new Float64Array([5]) }]]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseSafetensors(shifted.subarray(3)).tensors.get('a')?.data).toEqual(new Float64Array([5]));
  });
});

describe('unsound tensors', () => {
  /** As a caller without types could ask. */
  const untyped = (...json: string[]): unknown =>
    Reflect.apply(
      serializeSafetensors,
      undefined,
      json.map((argument): unknown => JSON.parse(argument)),
    );
  const one = { dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
  const cases: [what: string, tensors: () => unknown, message: RegExp][] = [
    [
      'a name given twice',
      () =>
        serializeSafetensors([
          ['a', one],
          ['a', one],
        ]),
      /unique tensor names; received "a" twice/,
    ],
    [
      'a metadata key given twice',
      () =>
        serializeSafetensors(
          [],
          [
            ['k', ''],
            ['k', ''],
          ],
        ),
      /unique metadata names/,
    ],
    [
      'the reserved name',
      () => serializeSafetensors([['__metadata__', one]]),
      /the format reserves this one/,
    ],
    ['half a surrogate pair in a name', () => serializeSafetensors([['\ud800', one]]), /valid Unicode/],
    ['half a surrogate pair in a text', () => serializeSafetensors([], [['k', '\udc00']]), /valid Unicode/],
    [
      'too few elements',
      () => serializeSafetensors([['a', { ...one, shape: [2] }]]),
      /expected 8 bytes for F32 of shape \[2\]; received 4/,
    ],
    [
      'a fractional shape',
      () => serializeSafetensors([['a', { ...one, shape: [0.5] }]]),
      /non-negative integers; received \[0.5\]/,
    ],
    [
      'another array',
      () => untyped('[["a",{"dtype":"F32","shape":[1],"data":[1]}]]'),
      /expected a Float32Array for F32; received nothing/,
    ],
    [
      'an unknown dtype',
      () => untyped('[["a",{"dtype":"F31","shape":[1],"data":[1]}]]'),
      /expected a dtype of .*; received "F31"/,
    ],
    ['a number for metadata', () => untyped('[]', '[["k",1]]'), /metadata "k" to be a string.*received 1/],
  ];
  it.each(cases)('with %s are refused', (_, run, message) => {
    expect(run).toThrow(SafetensorsError);
    expect(run).toThrow(message);
  });
});

describe('writing', () => {
  const one: [string, Tensor][] = [['a', { dtype: 'F32', shape: [1], data: new Float32Array([1]) }]];

  it('replaces a file and leaves nothing else in the folder', async () => {
    const place = await mkdtemp(join(folder, 'replace-'));
    const path = join(place, 'model.safetensors');
    await writeFile(path, 'old');
    await writeSafetensors(path, one);
    expect(await readdir(place)).toEqual(['model.safetensors']);
    expect(await readFile(path)).toEqual(Buffer.from(serializeSafetensors(one)));
  });

  it('leaves the old file as it was when the tensors are unsound', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeSafetensors(path, one);
    await expect(writeSafetensors(path, [...one, ...one])).rejects.toThrow(/unique tensor names/);
    expect(await readFile(path)).toEqual(Buffer.from(serializeSafetensors(one)));
  });

  it('that cannot be done is an error naming the path, and no temporary file stays', async () => {
    const missing = join(folder, 'no-such-folder', 'model.safetensors');
    await expect(writeSafetensors(missing, one)).rejects.toThrow(`${missing}: cannot write: ENOENT`);
    const place = await mkdtemp(join(folder, 'taken-'));
    const taken = join(place, 'model.safetensors');
    await mkdir(join(taken, 'inside'), { recursive: true });
    await expect(writeSafetensors(taken, one)).rejects.toThrow(`${taken}: cannot write:`);
    expect(await readdir(place)).toEqual(['model.safetensors']);
  });
});

describe('an open file', () => {
  it('says which tensor it lacks, and that it was closed', async () => {
    const path = join(folder, 'open.safetensors');
    await writeSafetensors(path, [['a', { dtype: 'I32', shape: [], data: new Int32Array([3]) }]]);
    const file = await openSafetensors(path);
    expect(file.entries.get('a')).toEqual({ dtype: 'I32', shape: [] });
    await expect(file.read('b')).rejects.toThrow(
      `${path}: tensor "b": expected one of the file's 1 tensors; not found`,
    );
    await expect(file.readFloat32('a')).rejects.toThrow(
      `${path}: tensor "a": expected dtype F32, F16, BF16 or F64 to read as 32-bit floats; received I32`,
    );
    await file.close();
    await file.close();
    await expect(file.read('a')).rejects.toThrow('expected an open file; it was closed');
  });
});
