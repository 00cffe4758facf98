import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; throws the signal's reason as soon as it is aborted. */
export async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
