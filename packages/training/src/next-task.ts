/**
 * Lets timers and signal handlers run. Steps on a CPU finish synchronously and their promises are resolved already: a
 * loop that only awaits those never returns to the event loop, and nobody could interrupt it.
 */
export async function nextTask(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
