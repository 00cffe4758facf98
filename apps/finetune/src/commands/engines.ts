/** `ggm-peft engines`: which engines work here and how fast they multiply, and why the others do not work. */
import { availableParallelism } from 'node:os';
import { measureEngine, probeEngines, startEngine } from '@ggm-peft/engine';
import type { EngineReport } from '@ggm-peft/engine';

import type { Progress } from '../progress.js';

export interface MeasuredEngine extends EngineReport {
  /** 10⁹ floating-point operations a second in the products of a training step; null where it does not work. */
  readonly gflops: number | null;
}

export interface EnginesOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Tries every engine, and measures each that works for about two seconds, with the threads that a run would take. */
export async function engines({ progress, signal }: EnginesOptions): Promise<readonly MeasuredEngine[]> {
  const threads = availableParallelism();
  progress.line('Trying the engines ...');
  const measured: MeasuredEngine[] = [];
  for (const report of await probeEngines({ threads })) {
    signal.throwIfAborted();
    if (!report.works) {
      measured.push({ ...report, gflops: null });
      continue;
    }
    progress.line(`Measuring ${report.name} ...`);
    const engine = await startEngine(report.name, { threads });
    try {
      const { gflops } = await measureEngine(engine);
      measured.push({ ...report, gflops: Number(gflops.toPrecision(3)) });
    } finally {
      await engine.dispose();
    }
  }
  return measured;
}

/** A line for each engine, and one for what `auto` takes. */
export function renderEngines(measured: readonly MeasuredEngine[]): string {
  const rows = [
    ['engine', '', 'GFLOP/s', 'threads', 'provider', ''],
    ...measured.map(({ name, works, gflops, threads, provider, reason }) => [
      name,
      works ? 'works' : 'does not',
      gflops === null ? '-' : String(gflops),
      threads === null ? '-' : String(threads),
      provider,
      reason,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const chosen = measured.find(({ auto }) => auto)?.name ?? 'none';
  return [...lines, '', `--engine auto takes ${chosen}`].join('\n');
}
