/** What a run ends with, as `--json` prints it. A metric that is undefined (a correlation with a constant) is null. */
import type { TrainableCounts } from '@ggm-peft/adapters';

import type { MemoryByPhase } from './phase-memory.js';
import type { PhaseRecord } from './training-phases.js';

export interface RunSummary {
  readonly task: string;
  readonly method: string;
  /** `best` is the best epoch among those that trained the final set of parameters; `last` is the saved adapter's. */
  readonly metric: { readonly name: string; readonly best: number | null; readonly last: number | null };
  readonly trainable: TrainableCounts;
  readonly nodes: { readonly total: number; readonly selected: number };
  /** Training before and after the selection; one phase where nothing is selected. */
  readonly phases: readonly PhaseRecord[];
  readonly seconds: number;
  /** Most resident memory in bytes, by phase. */
  readonly memory: MemoryByPhase;
  readonly engine: string;
  readonly seed: number;
  readonly out: string;
}

/** NaN as null, the way JSON has it. */
export function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** The largest of the values; NaN only if all are. */
export function best(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.length === 0 ? NaN : Math.max(...defined);
}
