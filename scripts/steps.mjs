/** Steps that the root commands share: install what is missing, build what has changed. Node and npm are enough. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const least = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < least[0] || (major === least[0] && minor < least[1])) {
  console.error(`ggm-peft needs Node ${least.join('.')} or newer; this is ${process.versions.node}`);
  process.exit(2);
}

/** Runs a command in the repository's root; ends this process with its exit code if it fails, unless told otherwise. */
export function run(command, args, { mayFail = false, quiet = false, interactive = false, env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : [interactive ? 'inherit' : 'ignore', 'inherit', 'inherit'],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (result.error) throw result.error;
  const status = result.status ?? 1;
  if (status !== 0 && !mayFail) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    process.exit(status);
  }
  return status;
}

/** Runs the pnpm that package.json pins, fetched by npm where it is not installed. */
export function pnpm(args, options) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const npm = process.env.npm_execpath;
  const exec = ['exec', '--yes', '--loglevel=error', `--package=${packageManager}`, '--', 'pnpm', ...args];
  return npm?.endsWith('.js') === true
    ? run(process.execPath, [npm, ...exec], options)
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', exec, options);
}

/** A tool from node_modules. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

/** Folders whose folders are the workspace's packages. */
const groups = ['packages', 'apps', 'examples'];

/** Folders with sources and tests, relative to the root. */
export function sourceFolders() {
  return groups
    .flatMap((group) =>
      readdirSync(join(root, group)).flatMap((name) =>
        ['src', 'test'].map((part) => join(group, name, part)),
      ),
    )
    .filter((folder) => existsSync(join(root, folder)));
}

function installedState() {
  const hash = createHash('sha256');
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of groups) {
    for (const name of readdirSync(join(root, group)).sort()) files.push(join(group, name, 'package.json'));
  }
  for (const file of files) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  return `${process.versions.modules} ${hash.digest('hex')}`;
}

/** Installs dependencies if they are missing or the manifests have changed since. */
export function install() {
  const marker = join(root, 'node_modules', '.ggm-peft-installed');
  const state = installedState();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === state) return;
  console.error('Installing dependencies ...');
  pnpm(['install', '--reporter=append-only'], { quiet: process.env.CI === undefined });
  writeFileSync(marker, installedState());
}

/** Builds every package whose sources have changed. */
export function build({ quiet = true } = {}) {
  if (quiet) console.error('Building ...');
  pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], { quiet });
}
