import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@ggm-peft/safetensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { loadRoberta } from '../src/index.js';

const fixture = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'roberta-hf-classification');
let folder: string;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-load-'));
  await copyFile(join(fixture, 'config.json'), join(folder, 'config.json'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const weights = (): string => join(folder, 'model.safetensors');

/** The fixture's tensors under other names; null leaves one out. */
async function writeRenamed(rename: (name: string) => string | null): Promise<void> {
  const file = await openSafetensors(join(fixture, 'model.safetensors'));
  const tensors = await Promise.all(
    file.names.map(async (name) => [rename(name), await file.read(name)] as const),
  );
  await file.close();
  await writeSafetensors(
    weights(),
    tensors.flatMap(([name, tensor]) => (name === null ? [] : [[name, tensor] as const])),
  );
}

describe('loadRoberta', () => {
  it('draws a new head from the seed, and reads the encoder', async () => {
    await copyFile(join(fixture, 'model.safetensors'), weights());
    const [first, again, other] = await Promise.all(
      [3, 3, 4].map(async (seed) => {
        const model = await loadRoberta(folder, { outputs: 5, seed });
        const data = await Promise.all(model.parameters.map(({ variable }) => variable.data()));
        const head = model.parameters.flatMap(({ role }, i) => (role === 'head' ? [data[i]] : []));
        const encoder = model.parameters.flatMap(({ role }, i) => (role === 'encoder' ? [data[i]] : []));
        model.dispose();
        return { head, encoder };
      }),
    );
    expect(first?.head.map((tensor) => tensor?.length)).toEqual([32 * 32, 32, 5 * 32, 5]);
    expect(first?.head).toEqual(again?.head);
    expect(first?.head).not.toEqual(other?.head);
    expect(first?.encoder).toEqual(other?.encoder);
    const dense = Array.from(first?.head[0] ?? []);
    const deviation = Math.sqrt(dense.reduce((sum, value) => sum + value * value, 0) / dense.length);
    expect(deviation).toBeGreaterThan(0.018);
    expect(deviation).toBeLessThan(0.022);
    expect(first?.head[1]?.every((value) => value === 0)).toBe(true);
  });

  it('understands a bare encoder and the old names of layer normalisation', async () => {
    await copyFile(join(fixture, 'model.safetensors'), weights());
    const reference = await loadRoberta(folder, { outputs: 2 });
    await writeRenamed((name) =>
      name
        .replace(/^roberta\./, '')
        .replace('LayerNorm.weight', 'LayerNorm.gamma')
        .replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    const model = await loadRoberta(folder, { outputs: 2 });
    expect(await Promise.all(model.parameters.map(({ variable }) => variable.data()))).toEqual(
      await Promise.all(reference.parameters.map(({ variable }) => variable.data())),
    );
    model.dispose();
    reference.dispose();
  });

  it('names the tensor that is missing', async () => {
    await writeRenamed((name) => (name.endsWith('layer.1.output.dense.bias') ? null : name));
    const before = tf.memory().numTensors;
    await expect(loadRoberta(folder, { outputs: 2 })).rejects.toThrow(
      `${weights()}: tensor roberta.encoder.layer.1.output.dense.bias [32] is missing`,
    );
    expect(tf.memory().numTensors).toBe(before);
    await writeRenamed((name) => (name.startsWith('classifier') ? null : name));
    await expect(loadRoberta(folder, { outputs: 2, head: 'checkpoint' })).rejects.toThrow(
      'head tensor classifier.dense.weight [32, 32] is missing',
    );
  });

  it('refuses shapes that do not fit the configuration', async () => {
    await copyFile(join(fixture, 'model.safetensors'), weights());
    const path = join(folder, 'config.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"vocab_size": 120', '"vocab_size": 121'));
    await expect(loadRoberta(folder, { outputs: 2 })).rejects.toThrow(
      'roberta.embeddings.word_embeddings.weight must be [121, 32] to fit config.json; got [120, 32]',
    );
  });

  it('says what to do with a Python pickle, and names a missing file', async () => {
    await expect(loadRoberta(folder, { outputs: 2 })).rejects.toThrow(weights());
    await writeFile(join(folder, 'pytorch_model.bin'), 'pickle');
    await expect(loadRoberta(folder, { outputs: 2 })).rejects.toThrow('safe_serialization=True');
  });

  it('refuses a head without outputs', async () => {
    await expect(loadRoberta(folder, { outputs: 0 })).rejects.toThrow(
      'loadRoberta: outputs must be an integer of at least 1; got 0',
    );
  });
});
