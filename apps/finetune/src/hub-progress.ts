/** What comes from the hub, as progress: which files, how large, how fast, and where they lie. */
import type { HubEvent } from '@ggm-peft/hub';

import type { Progress, Stage } from './progress.js';

/** Hexadecimal digits of a commit that are shown. */
const shownDigits = 10;

/** @param now milliseconds */
export function hubProgress(progress: Progress, now: () => number): (event: HubEvent) => void {
  let stage: Stage | null = null;
  let began = 0;
  let resumed = 0;
  let done = 0;
  const speed = (bytes: number): string => `${(bytes / 1e3 / Math.max(1, now() - began)).toFixed(1)} MB/s`;
  return (event) => {
    switch (event.type) {
      case 'resolved': {
        const { id, commit, folder, files, missing } = event;
        const what = `${id}, commit ${commit.slice(0, shownDigits)}`;
        progress.line(
          missing.files === 0
            ? `Hub     ${what}: in the cache, ${folder}`
            : `Hub     ${what}: downloading ${missing.files} of ${files} files, ${inBytes(missing.size)}, to ${folder}`,
        );
        break;
      }
      case 'waiting':
        progress.line(`Hub     ${event.path}: another process downloads it; waiting ...`);
        break;
      case 'file':
        began = now();
        resumed = event.resumed;
        done = megabytes(resumed);
        stage = progress.stage(`Hub     ${event.path}`, Math.max(1, megabytes(event.size)));
        stage.update(done, resumed > 0 ? 'MB, going on where an earlier download was cut' : 'MB');
        break;
      case 'received':
        done = megabytes(event.received);
        stage?.update(done, `MB  ${speed(Math.max(0, event.received - resumed))}`);
        break;
      case 'verified':
        stage?.end(`${inBytes(event.size)}, ${speed(event.transferred)}, checked`);
        stage = null;
        break;
      case 'retry': {
        const what = `${event.reason}; trying again in ${event.seconds.toFixed(1)} s`;
        if (stage === null) progress.line(`Hub     ${what}`);
        else stage.update(done, `MB  ${what}`);
        break;
      }
    }
  };
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

function inBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
