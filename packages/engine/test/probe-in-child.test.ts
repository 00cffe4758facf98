import { describe, expect, it } from '@jest/globals';
import { probeInChild } from '../src/backends/probe-in-child.js';

describe('probeInChild', () => {
  it('returns what the script found, past whatever else is printed', async () => {
    const result = await probeInChild(
      `process.stdout.write('no newline'); console.error('noise'); return { sum: args.length };`,
      ['a', 'b'],
      20,
    );
    expect(result).toEqual({ ok: true, found: { sum: 2 } });
  });

  it('waits for what is asynchronous and has require', async () => {
    const result = await probeInChild(
      `const os = require('node:os'); await null; return { type: typeof os.arch() };`,
      [],
      20,
    );
    expect(result).toEqual({ ok: true, found: { type: 'string' } });
  });

  it('survives a crash', async () => {
    const result = await probeInChild(`console.error('driver\\n  fell over'); process.abort();`, [], 20);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.reason).toMatch(
      /^the process ended with SIGABRT \(it said: driver fell over/,
    );
  });

  it('survives a hang', async () => {
    const result = await probeInChild('for (;;);', [], 0.5);
    expect(result).toEqual({ ok: false, reason: 'no answer within 0.5 s' });
  });

  it('reports an error, as one line', async () => {
    const result = await probeInChild(`throw new Error('cannot open\\nshared object');`, [], 20);
    expect(result).toEqual({ ok: false, reason: 'cannot open shared object' });
  });

  it('reports a process that ends without an answer', async () => {
    const result = await probeInChild('process.exit(3);', [], 20);
    expect(result).toEqual({ ok: false, reason: 'the process ended with code 3' });
  });
});
