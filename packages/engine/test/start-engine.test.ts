import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { engineNames, isEngineName } from '../src/engine-names.js';
import { type EngineReport, probeEngines, startEngine } from '../src/start-engine.js';

describe('probeEngines', () => {
  it('reports every engine in one line, cpu among those that work', async () => {
    const reports = await probeEngines();
    expect(reports.map(({ name }) => name)).toEqual(engineNames);
    for (const { reason } of reports) expect(reason).toMatch(/^\S.{10,}$/);
    expect(reports.find(({ name }) => name === 'cpu')?.works).toBe(true);
  });

  it('says how many threads wasm takes for products: one unless told otherwise', async () => {
    const report = async (options?: { threads: number }): Promise<EngineReport | undefined> =>
      (await probeEngines(options)).find(({ name }) => name === 'wasm');
    for (const [options, threads, inWords] of [
      [undefined, 1, '1 thread'],
      [{ threads: 3 }, 3, '3 threads'],
      [{ threads: 99 }, 16, '16 threads'],
    ] as const) {
      const found = await report(options);
      expect(found?.reason).toContain(`, ${inWords} for matrix products`);
      expect(found?.threads).toBe(threads);
    }
  });

  it('names what computes and its threads', async () => {
    const reports = await probeEngines({ threads: 3 });
    const threads = Object.fromEntries(reports.map((report) => [report.name, report.threads]));
    expect(threads).toEqual({
      'tfjs-node-gpu': null,
      'onnx-cuda': null,
      'onnx-webgpu': null,
      webgpu: null,
      onnx: 3,
      'tfjs-node': null,
      wasm: 3,
      cpu: 1,
    });
    expect(new Set(reports.map(({ provider }) => provider)).size).toBe(reports.length);
    expect(reports.find(({ name }) => name === 'onnx')?.reason).toContain('on the CPU, 3 threads');
  });

  it('starts nothing', async () => {
    const before = tf.getBackend();
    await probeEngines();
    expect(tf.getBackend()).toBe(before);
  });

  it('survives a probe that takes too long', async () => {
    const reports = await probeEngines({ probeSeconds: 0.001 });
    expect(reports.find(({ name }) => name === 'cpu')?.works).toBe(true);
  });
});

describe('startEngine', () => {
  it('auto takes the one that the report says', async () => {
    const [first, ...others] = (await probeEngines()).filter(({ auto }) => auto);
    expect(others).toEqual([]);
    const engine = await startEngine();
    expect({ name: engine.name, description: engine.description }).toEqual({
      name: first?.name,
      description: first?.reason,
    });
    await engine.dispose();
  });

  it('says why a named engine does not work and what to try', async () => {
    for (const { name, works, reason } of await probeEngines()) {
      if (works) continue;
      await expect(startEngine(name)).rejects.toThrow(`startEngine: ${name} doesn't work here: ${reason}. `);
    }
  });

  it('names the known engines and the nearest', async () => {
    const name: string = 'wams';
    const start: (name: never) => Promise<unknown> = startEngine;
    expect(isEngineName(name)).toBe(false);
    await expect(Reflect.apply(start, undefined, [name])).rejects.toThrow(
      'startEngine: name must be one of auto, tfjs-node-gpu, onnx-cuda, onnx-webgpu, webgpu, onnx, tfjs-node, wasm, cpu; got wams; did you mean wasm?',
    );
  });

  it('checks its options', async () => {
    await expect(startEngine('cpu', { threads: 0 })).rejects.toThrow(
      'startEngine: threads must be an integer of at least 1; got 0',
    );
    await expect(startEngine('cpu', { probeSeconds: NaN })).rejects.toThrow(
      'startEngine: probeSeconds must be positive; got NaN',
    );
    const misspelt = { thread: 2, threads: 2 };
    await expect(startEngine('cpu', misspelt)).rejects.toThrow(
      'startEngine: unknown option thread; did you mean threads?',
    );
  });

  it.each(['wasm', 'onnx'] as const)('%s says so when disposed of, and leaves tfjs usable', async (name) => {
    const engine = await startEngine(name, { threads: 2 });
    const step = engine.compile(() => ({ one: tf.scalar(1) }));
    await engine.dispose();
    await engine.dispose();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.tidy(() => [...tf.add(1, 2).dataSync()])).toEqual([3]);
    await expect(step.run({})).rejects.toThrow(
      `run: the engine ${name} was disposed of; start it again with startEngine`,
    );
    expect(() => engine.compile(() => ({}))).toThrow(`compile: the engine ${name} was disposed of`);
  });

  it('puts tfjs’s own kernels back on dispose', async () => {
    const engine = await startEngine('wasm');
    const ours = tf.getKernel(tf.BatchMatMul, 'wasm');
    expect(tf.getKernel(tf.UnsortedSegmentSum, 'wasm')).toBeDefined();
    await engine.dispose();
    expect(tf.getKernel(tf.BatchMatMul, 'wasm')).not.toBe(ours);
    expect(tf.getKernel(tf.UnsortedSegmentSum, 'wasm')).toBeUndefined();
  });

  it('an engine notices that another is current', async () => {
    const wasm = await startEngine('wasm');
    await tf.setBackend('cpu');
    expect(() => wasm.compile(() => ({}))).toThrow(
      "compile: the engine wasm needs tfjs's backend wasm, but it is cpu now; use one engine at a time",
    );
    const onnx = await startEngine('onnx');
    await tf.setBackend('wasm');
    expect(() => onnx.compile(() => ({}))).toThrow(
      "compile: the engine onnx needs tfjs's backend cpu, but it is wasm now; use one engine at a time",
    );
    await wasm.dispose();
    await onnx.dispose();
  });
});

// What runs in a process of its own needs the built package
const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const run = existsSync(built) ? it : it.skip;

describe.each(['wasm', 'onnx'])(
  'a process that uses the engine %s (skipped where it is not built)',
  (name) => {
    const script = (end: string): string => `
    import { startEngine } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const engine = await startEngine('${name}', { threads: 2 });
    const step = engine.compile(({ x }) => ({ y: x.square() }));
    const { y } = await step.run({ x: (await import('@tensorflow/tfjs')).scalar(3) });
    process.stdout.write(engine.name + y.dataSync()[0]);
    ${end}`;
    const execute = (end: string): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script(end)], {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        encoding: 'utf8',
        timeout: 20_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      });

    run('ends by itself after dispose, with nothing else on stdout', () => {
      expect(execute('await engine.dispose();')).toBe(`${name}9`);
    });

    run('ends by itself without dispose', () => {
      expect(execute('')).toBe(`${name}9`);
    });

    run('ends with the error that it ends with', () => {
      expect(() => execute('throw new Error("enough");')).toThrow('enough');
    });
  },
);
