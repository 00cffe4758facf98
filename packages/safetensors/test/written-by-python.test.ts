/** A file written by Hugging Face's Python library; the expected numbers were unpacked from it with Python's `struct`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openSafetensors, parseSafetensors, serializeSafetensors } from '../src/index.js';

const path = fileURLToPath(new URL('fixtures/reference-trace.safetensors', import.meta.url));

describe('a file written by Python', () => {
  it('lists its tensors', async () => {
    const file = await openSafetensors(path);
    expect(
      Object.fromEntries([...file.entries].map(([name, { dtype, shape }]) => [name, [dtype, ...shape]])),
    ).toEqual({
      scores: ['F32', 40, 38],
      S: ['F32', 38, 38],
      omega_reference: ['F32', 38, 38],
      delta_reference: ['F32', 38, 38],
      losses: ['F32', 48],
      final_logits_batch0: ['F32', 8, 2],
    });
    expect(file.metadata.size).toBe(0);
    await file.close();
  });

  it.each([
    ['scores', 1520, 1.9463310962919422e-8, 0.0002508947509340942],
    ['S', 1444, 7.015265509835444e-6, 1.1279137652309146e-5],
    ['omega_reference', 1444, 12602394, 32721754],
    ['delta_reference', 1444, -12729121, -33050796],
    ['losses', 48, 1.0134154558181763, 0.6819486618041992],
    ['final_logits_batch0', 16, 0.04320921003818512, -0.34675100445747375],
  ])('gives %s: %i elements, the first %d, the last %d', async (name, length, first, last) => {
    const file = await openSafetensors(path);
    const data = await file.readFloat32(name);
    await file.close();
    expect([data.length, data[0], data.at(-1)]).toEqual([length, first, last]);
  });

  it('reads the same from disk and from memory, and after being written anew', async () => {
    const { tensors } = parseSafetensors(new Uint8Array(await readFile(path)));
    const again = parseSafetensors(serializeSafetensors(tensors));
    const file = await openSafetensors(path);
    for (const name of file.names) {
      expect(tensors.get(name)).toEqual(await file.read(name));
      expect(again.tensors.get(name)).toEqual(tensors.get(name));
    }
    expect(again.tensors.size).toBe(6);
    await file.close();
  });
});
