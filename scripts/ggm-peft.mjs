/** `npm run ggm-peft -- <command>`: the command-line program, installed and built first if need be. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, root } from './steps.mjs';

install();
build();
const child = spawn(
  process.execPath,
  [join(root, 'apps', 'finetune', 'dist', 'cli.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// A terminal sends Ctrl-C to the program itself as well: this process only has to wait for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
