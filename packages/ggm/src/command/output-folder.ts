/**
 * A folder written whole or not at all: the files go into a temporary folder beside it, which takes its name when all
 * are there. What is there already is never touched, unless overwriting is asked for and nothing but an earlier answer
 * lies in it.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from './user-error.js';

/** Text files by name. */
export type Files = Readonly<Record<string, string>>;

/**
 * Checks before the work begins that the folder can be written.
 *
 * @param out the folder, as the user gave it.
 * @param overwrite whether an earlier answer may be replaced.
 * @param known names of an answer's files.
 * @throws UserError when something is in the way.
 */
export function requireFree(out: string, overwrite: boolean, known: readonly string[]): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new UserError(`--out ${out}: must be a folder; a file lies there`);
  const entries = readdirSync(out);
  if (entries.length === 0) return;
  if (!overwrite) {
    throw new UserError(
      `--out ${out}: must not exist yet, or be empty; it holds ${entries.length} entries (--overwrite replaces an earlier answer)`,
    );
  }
  const foreign = entries.filter((name) => !known.includes(name));
  if (foreign.length > 0) {
    throw new UserError(
      `--out ${out}: cannot be overwritten, for it holds files of others: ${foreign.join(', ')}`,
    );
  }
}

/**
 * Writes the folder.
 *
 * @throws UserError when it cannot be written; it is then as it was.
 */
export function writeFolder(out: string, files: Files, overwrite: boolean): void {
  const target = resolve(out);
  const parent = dirname(target);
  let draft: string | undefined;
  let earlier: string | undefined;
  try {
    mkdirSync(parent, { recursive: true });
    draft = join(parent, `.${basename(target)}.${process.pid}.partial`);
    mkdirSync(draft);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(draft, name), text);
    // Once more: something may have come to lie there since.
    requireFree(out, overwrite, Object.keys(files));
    if (existsSync(target)) {
      earlier = `${draft}-earlier`;
      renameSync(target, earlier);
    }
    renameSync(draft, target);
    if (earlier !== undefined) rmSync(earlier, { recursive: true, force: true });
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
    if (earlier !== undefined && !existsSync(target)) renameSync(earlier, target);
    if (error instanceof UserError) throw error;
    throw new UserError(
      `--out ${out}: cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
