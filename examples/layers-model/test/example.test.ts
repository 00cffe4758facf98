/** The example does what it says. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

import { runExample } from '../src/run-example.js';

it('teaches a tfjs model turned digits, and saves it as an adapter and as a plain model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'layers-model-example-'));
  const lines: string[] = [];
  try {
    const result = await runExample(folder, (line) => lines.push(line));
    expect(result.upright).toBeGreaterThan(0.9);
    expect(result.before).toBeLessThan(0.3);
    expect(result.after).toBeGreaterThan(0.9);
    expect([result.nodes, result.selected]).toEqual([66, 24]); // 2 layers × 32 components, 2 biases
    expect(result.trained).toBeLessThan(0.3 * result.parameters);
    expect(result.restoredDifference).toBe(0);
    expect(result.mergedDifference).toBeGreaterThan(0);
    expect(result.mergedDifference).toBeLessThan(1e-5); // of probabilities, float32
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['adapter.safetensors', 'base', 'tuned']));
    expect(lines).toHaveLength(5);
  } finally {
    await rm(folder, { recursive: true });
  }
});
