import { describe, expect, it } from '@jest/globals';
import { checkKnownKeys } from '../src/known-keys.js';

describe('checkKnownKeys', () => {
  it('names the caller, the key and the nearest known one', () => {
    expect(() => {
      checkKnownKeys('startEngine', { tread: 1 }, ['probeSeconds', 'threads']);
    }).toThrow('startEngine: unknown option tread; did you mean threads? Known: probeSeconds, threads');
  });

  it('lets known keys pass', () => {
    expect(() => {
      checkKnownKeys('startEngine', { threads: 1 }, ['probeSeconds', 'threads']);
    }).not.toThrow();
  });
});
