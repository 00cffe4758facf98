/**
 * Progress on stderr: a bar where a person watches (a terminal), plain lines at a steady pace elsewhere. Stdout is
 * left to results.
 */
import cliProgress from 'cli-progress';

/** One stage of known length, such as an epoch. */
export interface Stage {
  /** Reports how far it is. `note` is shown as it is: loss, say. */
  update(done: number, note: string): void;
  /** Ends the stage; `note` stays. */
  end(note: string): void;
}

export interface Progress {
  /** A line that stays. */
  line(text: string): void;
  /** Begins a stage; stages do not overlap. */
  stage(title: string, total: number): Stage;
  /** Ends a stage that was left open, as after a failure: a bar would keep the process alive and the cursor hidden. */
  close(): void;
}

type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

interface Output {
  write(text: string): unknown;
}

/** Seconds between two lines of a stage where there is no terminal. */
const linePace = 10;

/**
 * @param output stderr
 * @param now milliseconds
 */
export function makeProgress(output: Terminal, now: () => number = () => performance.now()): Progress {
  return output.isTTY ? barProgress(output) : lineProgress(output, now);
}

function barProgress(output: Terminal): Progress {
  let open: cliProgress.SingleBar | null = null;
  return {
    close: () => {
      open?.stop();
      open = null;
    },
    line: (text) => output.write(`${text}\n`),
    stage: (title, total) => {
      const bar = new cliProgress.SingleBar({
        stream: output,
        format: `${title} {bar} {value}/{total}  {note}  {eta_formatted} left`,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 40,
      });
      bar.start(total, 0, { note: '' });
      open = bar;
      return {
        update: (done, note) => {
          bar.update(done, { note });
        },
        end: (note) => {
          bar.stop();
          open = null;
          output.write(`${title}  ${note}\n`);
        },
      };
    },
  };
}

/** Plain lines: the end of every stage, and in a long one a line every ten seconds. */
export function lineProgress(output: Output, now: () => number): Progress {
  return {
    close: () => undefined,
    line: (text) => output.write(`${text}\n`),
    stage: (title, total) => {
      const began = now();
      let last = began;
      return {
        update: (done, note) => {
          const time = now();
          if (time - last < linePace * 1000 || done === 0) return;
          last = time;
          const left = (((time - began) / done) * (total - done)) / 1000;
          output.write(`${title}  ${done}/${total}  ${note}  ${duration(left)} left\n`);
        },
        end: (note) => output.write(`${title}  ${note}\n`),
      };
    },
  };
}

/** Seconds as `2m05s` or `7s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}
