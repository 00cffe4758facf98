/**
 * `ggm-peft export`: a run's model for Python and for ONNX runtimes computes what the run's adapter computes.
 *
 * @jest-environment ../../packages/tfjs-onnx/test/node-arrays-environment.mjs
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importPeft, loadAdapter } from '@ggm-peft/adapters';
import { collate, encoderInputs, loadEncoder, loadTokenizer } from '@ggm-peft/encoders';
import type { EncoderForSequenceClassification, TokenBatch } from '@ggm-peft/encoders';
import { loadOnnxRuntime } from '@ggm-peft/tfjs-onnx';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { embeddedModel } from '../src/embedded.js';
import { cli } from './cli.js';

const outputs = 2;
let folder: string;
let run: string;
let batch: TokenBatch;
let trained: Float32Array;

/** A short run of apca whose sites are tables and linear layers. */
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'ggm-peft-export-'));
  run = join(folder, 'run');
  const settings = {
    'train-limit': 64,
    'eval-limit': 16,
    'batch-size': 16,
    'max-length': 16,
    epochs: 3,
    rank: 2,
    'target-nodes': 12,
    'important-nodes': 4,
    sites: 'query,word_embeddings',
    lr: 0.01,
    engine: 'wasm',
    threads: 1,
    out: run,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { code, stderr } = await cli(['finetune', ...args]);
  if (code !== 0) throw new Error(stderr);

  const tokenizer = await loadTokenizer(embeddedModel);
  const texts = ['It is a truth universally acknowledged.', 'It was the best of times, it was the worst.'];
  batch = collate(
    texts.map((text) => tokenizer.encode(text)),
    tokenizer.padTokenId,
  );
  const base = await loadEncoder(embeddedModel, { outputs });
  await loadAdapter(run, base);
  trained = await logitsOf(base);
  base.dispose();
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function logitsOf(model: EncoderForSequenceClassification): Promise<Float32Array> {
  const logits = tf.tidy(() =>
    model.logits(
      Object.fromEntries(
        Object.entries(encoderInputs(batch, model.config)).map(([name, { data, shape }]) => [
          name,
          tf.tensor(data, shape, 'int32'),
        ]),
      ),
      null,
    ),
  );
  const data = await logits.data<'float32'>();
  logits.dispose();
  return Float32Array.from(data);
}

const worst = (actual: ArrayLike<number>): number =>
  actual.length === trained.length
    ? Math.max(...Array.from(trained, (value, i) => Math.abs(value - (actual[i] ?? NaN))))
    : Infinity;

async function exported(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(['export', '--run', run, ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('ggm-peft:') });
  return stdout;
}

describe('ggm-peft export', () => {
  it('writes a PEFT adapter with the base model’s name', async () => {
    const out = join(folder, 'peft');
    const stdout = await exported('--to', 'peft', '--out', out, '--base-model', 'somebody/base');
    expect(stdout).toContain(`Exported  ${out}\n`);
    expect(stdout).toContain('from_pretrained("somebody/base", num_labels=2)');
    const model = await loadEncoder(embeddedModel, { outputs, seed: 9 });
    expect(worst(await logitsOf(model))).toBeGreaterThan(1e-2);
    expect(await importPeft(out, model)).toMatchObject({ baseModel: 'somebody/base', head: true });
    expect(worst(await logitsOf(model))).toBeLessThan(1e-4);
    model.dispose();
  });

  it('writes a merged checkpoint with the task’s classes', async () => {
    const out = join(folder, 'huggingface');
    const json: unknown = JSON.parse(await exported('--to', 'huggingface', '--out', out, '--json'));
    expect(json).toMatchObject({ to: 'huggingface', out });
    const model = await loadEncoder(out, { outputs, head: 'checkpoint' });
    expect(worst(await logitsOf(model))).toBeLessThan(1e-4);
    model.dispose();
    const { settings, resolved } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8')) as {
      settings: { model: string };
      resolved: { labels: string[] };
    };
    expect(settings.model).toBe(embeddedModel);
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
      id2label: Object.fromEntries(resolved.labels.entries()),
    });
    expect(await loadTokenizer(out)).toBeDefined();
  });

  it('writes an ONNX model', async () => {
    const out = join(folder, 'onnx');
    expect(await exported('--to', 'onnx', '--out', out)).toContain("{ dtype: 'fp32' }");
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(join(out, 'onnx', 'model.onnx'));
    const int64 = (values: Int32Array) =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [batch.batch, batch.length]);
    const { logits } = await session.run({
      input_ids: int64(batch.inputIds),
      attention_mask: int64(batch.attentionMask),
    });
    expect(worst(logits?.data as Float32Array)).toBeLessThan(1e-4);
    await session.release();
  });

  it.each([
    [['--to', 'pytorch'], '--to must be one of peft, huggingface, onnx; got pytorch'],
    [['--to', 'onnx', '--base-model', 'x/y'], '--base-model is for --to peft'],
    [['--to', 'onnx', '--run', '/nowhere'], '--run /nowhere: must be a run folder'],
    [['--to', 'onnx', '--model', '/nowhere'], '/nowhere'],
    [[], "required option '--to <format>' not specified"],
  ])('refuses %j in one line, and writes nothing', async (args, message) => {
    const out = join(folder, 'refused');
    const { code, stderr } = await cli(['export', '--run', run, '--out', out, ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(await readdir(folder)).not.toContain('refused');
  });

  it('never writes over what is there', async () => {
    const out = join(folder, 'full');
    await mkdir(out);
    await writeFile(join(out, 'precious'), 'data');
    const { code, stderr } = await cli(['export', '--run', run, '--to', 'peft', '--out', out]);
    expect(stderr).toContain(`${out}: must not exist yet, or be empty; it holds 1 entries`);
    expect(stderr).not.toContain('Loading');
    expect(code).toBe(2);
    expect(await readdir(out)).toEqual(['precious']);
  });
});
