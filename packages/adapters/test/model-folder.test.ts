/** tfjs models in folders, without tfjs-node. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { modelFolder } from '../src/index.js';
import { convolutionalModel, floats, sequentialModel } from './layers-models.js';

let folder: string;
beforeEach(async () => {
  tf.enableProdMode();
  folder = await mkdtemp(join(tmpdir(), 'model-folder-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it("keeps a model, its optimiser and what the user wrote to it, in tfjs's layout", async () => {
  const model = convolutionalModel();
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.01) });
  const [x, y] = [floats(1, 4, 4, 4, 1), floats(2, 4, 3)];
  await model.fit(x, y, { epochs: 1 });
  model.setUserDefinedMetadata({ note: 'ours' });
  const path = join(folder, 'new', 'model');
  const { modelArtifactsInfo } = await model.save(modelFolder(path), { includeOptimizer: true });
  expect(modelArtifactsInfo.weightDataBytes).toBe((await readFile(join(path, 'weights.bin'))).length);
  expect((await readdir(path)).sort()).toEqual(['model.json', 'weights.bin']);
  const fresh = await tf.loadLayersModel(modelFolder(path));
  expect(fresh.getUserDefinedMetadata()).toEqual({ note: 'ours' });
  expect((fresh.predict(x) as tf.Tensor).dataSync()).toEqual((model.predict(x) as tf.Tensor).dataSync());
  // With Adam's moments, both go on as one.
  await model.fit(x, y, { epochs: 1, shuffle: false });
  await fresh.fit(x, y, { epochs: 1, shuffle: false });
  expect((fresh.predict(x) as tf.Tensor).dataSync()).toEqual((model.predict(x) as tf.Tensor).dataSync());
});

it('reads weights that are cut into several files', async () => {
  const model = sequentialModel();
  await model.save(modelFolder(folder));
  const weights = await readFile(join(folder, 'weights.bin'));
  await writeFile(join(folder, 'shard1'), weights.subarray(0, 100));
  await writeFile(join(folder, 'shard2'), weights.subarray(100));
  await edit(({ weightsManifest: [group] }) => ({
    weightsManifest: [{ ...group, paths: ['shard1', 'shard2'] }],
  }));
  const fresh = await tf.loadLayersModel(modelFolder(folder));
  const x = floats(1, 4, 8);
  expect((fresh.predict(x) as tf.Tensor).dataSync()).toEqual((model.predict(x) as tf.Tensor).dataSync());
});

interface Json {
  readonly weightsManifest: readonly object[];
}

/** Replaces some members of model.json. */
async function edit(change: (json: Json) => object): Promise<void> {
  const path = join(folder, 'model.json');
  const json = JSON.parse(await readFile(path, 'utf8')) as Json;
  await writeFile(path, JSON.stringify({ ...json, ...change(json) }));
}

it.each([
  ['a folder without a model', () => rm(join(folder, 'model.json')), /ENOENT.*model\.json/],
  ['what is no JSON', () => writeFile(join(folder, 'model.json'), '{'), /model\.json: not JSON/],
  ['other JSON', () => writeFile(join(folder, 'model.json'), '{}'), /model\.json: expected a model of tfjs/],
  [
    'weights outside the folder',
    () => edit(() => ({ weightsManifest: [{ paths: ['../weights.bin'], weights: [] }] })),
    /must lie in the folder; got \.\.\/weights\.bin/,
  ],
  [
    'weights cut short',
    async () => {
      const path = join(folder, 'weights.bin');
      await writeFile(path, (await readFile(path)).subarray(0, 100));
    },
    /should have 48 values but has 25/,
  ],
])('refuses %s', async (_, damage, message) => {
  await sequentialModel().save(modelFolder(folder));
  await damage();
  await expect(tf.loadLayersModel(modelFolder(folder))).rejects.toThrow(message);
});

it('refuses to save what is no layers model, and leaves what is there', async () => {
  await sequentialModel().save(modelFolder(folder));
  const before = await readFile(join(folder, 'model.json'), 'utf8');
  const { save } = modelFolder(folder);
  await expect(save?.({ modelTopology: new ArrayBuffer(8) })).rejects.toThrow(/whose topology is JSON/);
  await expect(save?.({ modelTopology: {} })).rejects.toThrow(/without weights/);
  expect(await readFile(join(folder, 'model.json'), 'utf8')).toBe(before);
});
