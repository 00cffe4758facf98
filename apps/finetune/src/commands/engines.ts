/** `ggm-peft engines`: which engines work here, and why the others do not. */
import { availableParallelism } from 'node:os';
import { probeEngines } from '@ggm-peft/engine';
import type { EngineReport } from '@ggm-peft/engine';

export async function engines(): Promise<readonly EngineReport[]> {
  return probeEngines({ threads: availableParallelism() });
}

/** One line an engine; `auto` takes the first that works (a GPU that is only simulated in software is passed over). */
export function renderEngines(reports: readonly EngineReport[]): string {
  const width = Math.max(...reports.map(({ name }) => name.length));
  return reports
    .map(({ name, works, reason }) => `${name.padEnd(width)}  ${works ? 'works   ' : 'does not'}  ${reason}`)
    .join('\n');
}
