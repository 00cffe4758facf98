/** How far a path is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */
import type { FitProgress, PathPoint } from '../tuning/path.js';

/** Something like process.stderr. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows a path's progress. */
export interface PathProgress {
  report(point: Pick<PathPoint, 'tau' | 'edges'>, progress: FitProgress): void;
  /** Takes the line on a terminal away. */
  end(): void;
}

/** Milliseconds between lines where there is no terminal. */
const PACE = 10_000;

/** @param now milliseconds */
export function pathProgress(output: ProgressOutput, now: () => number): PathProgress {
  const live = output.isTTY === true;
  let last = now();
  let shown = false;
  return {
    report: ({ tau, edges }, { done, total }) => {
      if (!live && now() - last < PACE) return;
      last = now();
      const line = `fit ${done} of ${total}: tau ${tau.toPrecision(3)}, ${edges} edges`;
      output.write(live ? `\r\u001b[K${line}` : `${line}\n`);
      shown = true;
    },
    end: () => {
      if (live && shown) output.write('\r\u001b[K');
    },
  };
}
