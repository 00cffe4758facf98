import { describe, expect, it } from '@jest/globals';

import { describeMemory, PhaseMemory } from '../src/phase-memory.js';

describe('PhaseMemory', () => {
  it('keeps the most that each phase held, its ends included', () => {
    let held = 10;
    const memory = new PhaseMemory('loading', () => held);
    held = 30;
    memory.look();
    held = 20;
    memory.enter('training');
    held = 50;
    memory.look();
    held = 40;
    memory.enter('evaluation');
    held = 5;
    memory.enter('training');
    expect(memory.peaks).toEqual({ loading: 30, training: 50, evaluation: 40 });
  });

  it('looks at this process by default', () => {
    const { loading = 0 } = new PhaseMemory('loading').peaks;
    expect(loading).toBeGreaterThan(2 ** 20);
    expect(loading).toBeLessThanOrEqual(process.resourceUsage().maxRSS * 1024);
  });

  it('reads as a list', () => {
    expect(describeMemory({ loading: 3 * 2 ** 20, training: 5.4 * 2 ** 20 })).toBe(
      'loading 3 MiB, training 5 MiB',
    );
  });
});
