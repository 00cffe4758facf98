/** Every way in which a file can break the format is one error that says where, what was expected and what was found. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSafetensors, parseSafetensors, SafetensorsError } from '../src/index.js';
import { fileBytes, withLength } from './header-bytes.js';

const four = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
const sound = fileBytes({ a: four }, 4);
const entry = (change: object): Uint8Array => fileBytes({ a: { ...four, ...change } }, 4);

const cases: [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', new Uint8Array(), /at least 8 bytes.*received 0/],
  ['a file of 7 bytes', new Uint8Array(7), /at least 8 bytes.*received 7/],
  ['a header length of 2^63', withLength(sound, 2n ** 63n), /at most 100000000 bytes.*9223372036854775808/],
  ['a header length of 2^64 - 1', withLength(sound, 2n ** 64n - 1n), /at most 100000000 bytes/],
  ['a header just over 100 MB', withLength(sound, 100_000_001n), /at most 100000000 bytes.*100000001/],
  ['a header of 100 MB in a small file', withLength(sound, 100_000_000n), /within the file's \d+ bytes/],
  [
    'a header one byte past the end',
    withLength(sound, BigInt(sound.length - 7)),
    /within the file's \d+ bytes/,
  ],
  ['no header at all', withLength(sound, 0n), /header in JSON/],
  ['a header that is not UTF-8', fileBytes('{}').with(8, 0xff), /UTF-8/],
  ['a header that is not JSON', fileBytes('{"a":}'), /header in JSON.*does not parse/],
  ['a header cut short', withLength(sound, 20n), /header in JSON/],
  ['a header that is an array', fileBytes('[]'), /JSON object/],
  ['a header that is null', fileBytes('null'), /JSON object/],
  ['a header that begins with a space', fileBytes(' {}'), /"\{" its first byte/],
  ['a header that begins with a byte order mark', fileBytes('\uFEFF{}'), /header in JSON/],
  [
    'a name given twice',
    fileBytes(`{"a":${JSON.stringify(four)},"a":${JSON.stringify(four)}}`, 4),
    /"a" twice/,
  ],
  [
    'a name given twice, once escaped',
    fileBytes(`{"a":${JSON.stringify(four)},"\\u0061" :1}`, 4),
    /"a" twice/,
  ],
  ['a key given twice in an entry', fileBytes('{"a":{"dtype":"U8","dtype":"F32"}}', 4), /"dtype" twice/],
  ['metadata given twice', fileBytes('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" twice/],
  ['a metadata key given twice', fileBytes('{"__metadata__":{"k":"1","k":"2"}}'), /"k" twice/],
  ['metadata that is a string', fileBytes({ __metadata__: 'pt' }), /__metadata__ to be an object.*"pt"/],
  [
    'metadata with a number',
    fileBytes({ __metadata__: { epoch: 3 } }),
    /__metadata__ "epoch" to be a string.*3/,
  ],
  ['an entry that is a number', fileBytes({ a: 4 }, 4), /tensor "a": expected \{ dtype, shape.*received 4/],
  ['an entry that is null', fileBytes({ a: null }, 4), /tensor "a".*received null/],
  ['an unknown dtype', entry({ dtype: 'F31' }), /tensor "a": expected a dtype of BOOL.*received "F31"/],
  ['a dtype named like a method', entry({ dtype: 'toString' }), /received "toString"/],
  ['a missing dtype', entry({ dtype: undefined }), /received nothing/],
  ['a dtype narrower than a byte', entry({ dtype: 'F4' }), /received "F4"/],
  ['a missing shape', entry({ shape: undefined }), /shape of non-negative integers; received nothing/],
  ['a negative side', entry({ shape: [-1] }), /shape of non-negative integers; received \[-1\]/],
  ['a fractional side', entry({ shape: [0.5] }), /shape of non-negative integers/],
  ['a side beyond 2^53', entry({ shape: [2 ** 53] }), /shape of non-negative integers/],
  ['a side that is text', entry({ shape: ['1'] }), /shape of non-negative integers/],
  ['a shape that is a number', entry({ shape: 1 }), /shape of non-negative integers/],
  ['a shape whose product overflows', entry({ shape: [2 ** 52, 2 ** 52] }), /fewer than 2\^53 bytes/],
  [
    'a shape too large for its bytes',
    entry({ shape: [2] }),
    /expected 8 bytes for F32 of shape \[2\]; received 4/,
  ],
  ['a shape too small for its bytes', entry({ shape: [0] }), /expected 0 bytes.*received 4/],
  ['missing offsets', entry({ data_offsets: undefined }), /data_offsets \[begin, end\]/],
  ['one offset', entry({ data_offsets: [0] }), /data_offsets/],
  ['three offsets', entry({ data_offsets: [0, 4, 4] }), /data_offsets/],
  ['a negative offset', entry({ data_offsets: [-4, 0] }), /data_offsets.*received \[-4,0\]/],
  ['offsets the wrong way round', entry({ data_offsets: [4, 0] }), /data_offsets.*received \[4,0\]/],
  ['offsets past the end', entry({ data_offsets: [0, 8] }), /end <= 4; received \[0,8\]/],
  [
    'a hole at the start',
    fileBytes({ a: { ...four, data_offsets: [4, 8] } }, 8),
    /begin at byte 0.*received 4 \(a hole\)/,
  ],
  [
    'a hole between tensors',
    fileBytes({ a: four, b: { ...four, data_offsets: [8, 12] } }, 12),
    /"b": expected to begin at byte 4.*received 8 \(a hole\)/,
  ],
  [
    'two tensors that share bytes',
    fileBytes({ a: { ...four, shape: [2], data_offsets: [0, 8] }, b: { ...four, data_offsets: [4, 8] } }, 8),
    /"b": expected to begin at byte 8.*received 4 \(an overlap\)/,
  ],
  ['two names for the same bytes', fileBytes({ a: four, b: four }, 4), /an overlap/],
  ['trailing bytes', fileBytes({ a: four }, 5), /expected 4 bytes of data.*received 5 \(1 trailing\)/],
  ['data without a tensor', fileBytes({}, 1), /expected 0 bytes of data.*received 1/],
  ['data cut short', sound.slice(0, -1), /end <= 3/],
];

describe('a corrupt file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-corrupt-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(cases)('with %s is refused, in memory and on disk', async (_, bytes, message) => {
    const inMemory = caught(() => parseSafetensors(bytes, 'some.safetensors'));
    expect(inMemory).toBeInstanceOf(SafetensorsError);
    expect(inMemory.message).toMatch(message);
    expect(inMemory.message).toMatch(/^some\.safetensors: [^\n]*$/);

    const path = join(folder, 'some.safetensors');
    await writeFile(path, bytes);
    await expect(openSafetensors(path)).rejects.toThrow(SafetensorsError);
    await expect(openSafetensors(path)).rejects.toThrow(inMemory.message.replace('some.safetensors', path));
  });

  it('is refused while the same file unharmed is read', () => {
    expect(parseSafetensors(sound).tensors.get('a')?.data).toEqual(new Float32Array(1));
  });

  it('with a very long text is scanned without running out of stack', () => {
    const long = 'x'.repeat(20_000_000);
    const { metadata } = parseSafetensors(fileBytes({ __metadata__: { long } }));
    expect(metadata.get('long')).toHaveLength(long.length);
  });

  it('that shrinks between opening and reading is an error of that read', async () => {
    const path = join(folder, 'shrinks.safetensors');
    await writeFile(path, sound);
    const file = await openSafetensors(path);
    await truncate(path, sound.length - 2);
    await expect(file.read('a')).rejects.toThrow(/tensor "a": expected 4 bytes; the file ended after 2/);
    await file.close();
  });

  it('that is not there, or a folder, is named', async () => {
    const missing = join(folder, 'nowhere.safetensors');
    await expect(openSafetensors(missing)).rejects.toThrow(
      `${missing}: expected a safetensors file; there is no such file`,
    );
    await expect(openSafetensors(folder)).rejects.toThrow(`${folder}: expected a file`);
  });
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}
