/** Runs the built command-line program in a process of its own, as a user does. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const program = join(import.meta.dirname, '..', 'dist', 'cli.js');

/** What an interrupted run's draft holds, and nothing else. */
export const keptForResume = ['metrics.jsonl', 'owner.json', 'training-state.safetensors'];

export interface CliOptions {
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with all of stderr so far whenever more comes; the process may be signalled through it. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export async function cli(
  args: readonly string[],
  { cwd, env, onStderr }: CliOptions = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Jest's own flags are not the program's.
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}
