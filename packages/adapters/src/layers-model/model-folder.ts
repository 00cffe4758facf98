/**
 * Folders for `model.save` and `tf.loadLayersModel` in Node, where tfjs itself has no `file://`. What lies there is tfjs's
 * own format, `model.json` with its weight files beside it: a browser loads it by its address, and tfjs-node by `file://`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';

const modelFile = 'model.json';
const weightFile = 'weights.bin';

/**
 * @param folder made by saving where it is missing
 * @returns what `save` and `loadLayersModel` take: `model.save(modelFolder('out'))`, `tf.loadLayersModel(modelFolder('out'))`
 */
export function modelFolder(folder: string): tf.io.IOHandler {
  return {
    save: (artifacts) => save(folder, artifacts),
    load: () => load(folder),
  };
}

/** Weights first, `model.json` last: each file appears whole or not at all. */
async function save(folder: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  const { modelTopology, weightSpecs, weightData } = artifacts;
  if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) {
    throw new Error(`modelFolder: ${folder} takes a tf.LayersModel, whose topology is JSON`);
  }
  if (weightSpecs === undefined || weightData === undefined) {
    throw new Error(`modelFolder: the model for ${folder} comes without weights`);
  }
  const { format, generatedBy, convertedBy, trainingConfig, userDefinedMetadata } = artifacts;
  const parts = Array.isArray(weightData) ? weightData : [weightData];
  const json = JSON.stringify({
    modelTopology,
    format,
    generatedBy,
    convertedBy,
    trainingConfig,
    userDefinedMetadata,
    weightsManifest: [{ paths: [weightFile], weights: weightSpecs }],
  });
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, weightFile), Buffer.concat(parts.map((part) => Buffer.from(part))));
  await replaceFile(join(folder, modelFile), json);
  return {
    modelArtifactsInfo: {
      dateSaved: new Date(),
      modelTopologyType: 'JSON',
      weightDataBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    },
  };
}

async function load(folder: string): Promise<tf.io.ModelArtifacts> {
  const path = join(folder, modelFile);
  const model: unknown = parseJson(path, await readFile(path, 'utf8'));
  if (!isModelJson(model)) {
    throw new Error(`${path}: expected a model of tfjs, with modelTopology and weightsManifest`);
  }
  return tf.io.getModelArtifactsForJSON(model, async (manifest) => {
    const specs = tf.io.getWeightSpecs(manifest);
    const paths = manifest.flatMap(({ paths: inGroup }) => inGroup.map((name) => inside(folder, name)));
    const data = Buffer.concat(await Promise.all(paths.map((name) => readFile(name))));
    return [specs, data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)];
  });
}

/** @throws for a name that leads out of the folder */
function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (!path.startsWith(resolve(folder) + sep)) {
    throw new Error(`${join(folder, modelFile)}: weight files must lie in the folder; got ${name}`);
  }
  return path;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path}: not JSON`, { cause });
  }
}

function isModelJson(value: unknown): value is tf.io.ModelJSON {
  return (
    typeof value === 'object' &&
    value !== null &&
    'modelTopology' in value &&
    typeof value.modelTopology === 'object' &&
    'weightsManifest' in value &&
    Array.isArray(value.weightsManifest)
  );
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
