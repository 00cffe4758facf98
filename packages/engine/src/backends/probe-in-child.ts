/**
 * Trying something dangerous in another process.
 *
 * A native module may crash, hang on a broken driver or print what it likes; a child process with a time limit turns all
 * of that into one line.
 */
import { spawn } from 'node:child_process';
import { oneLine } from '../one-line.js';

/** What the child found: the object it printed, or why there is none. */
export type ChildResult =
  | { readonly ok: true; readonly found: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

/** Before the line that counts: everything else that native libraries print on stdout is ignored. */
const marker = '@ggm-peft/engine probe: ';

/** Runs the script's `found` function; a thrown error travels back as `error`. */
const wrapped = (script: string): string => `
const [, ...args] = process.argv;
const answer = (found) => {
  process.stdout.write('\\n${marker}' + JSON.stringify(found) + '\\n', () => process.exit(0));
};
(async () => { ${script} })().then(answer, (error) => answer({ error: String(error?.message ?? error) }));
`;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parseAnswer(stdout: string): Record<string, unknown> | undefined {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith(marker));
  if (line === undefined) return undefined;
  const parsed: unknown = JSON.parse(line.slice(marker.length));
  return isRecord(parsed) ? parsed : undefined;
}

/**
 * @param script the body of an async function of `args` that returns a plain object; CommonJS, so `require` is there
 * @param args strings for it
 * @param seconds how long it may take
 */
export function probeInChild(script: string, args: readonly string[], seconds: number): Promise<ChildResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', wrapped(script), '--', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' },
    });
    let stdout = '';
    let stderr = '';
    const started = performance.now();
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      resolve({ ok: false, reason: `no process could be started to try it: ${oneLine(error)}` });
    });
    child.on('close', (code, signal) => {
      const found = parseAnswer(stdout);
      const said = stderr === '' ? '' : ` (it said: ${oneLine(stderr, 120)})`;
      if (found === undefined) {
        const timedOut = signal === 'SIGKILL' && performance.now() - started >= seconds * 1000;
        const end = timedOut
          ? `no answer within ${seconds} s`
          : `the process ended with ${signal ?? `code ${code ?? '?'}`}`;
        resolve({ ok: false, reason: `${end}${said}` });
      } else if (typeof found['error'] === 'string') {
        resolve({ ok: false, reason: `${oneLine(found['error'])}${said}` });
      } else {
        resolve({ ok: true, found });
      }
    });
  });
}
