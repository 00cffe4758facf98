/** A tokenizer's files as text and JSON, with messages that name them. */
import { readFile } from 'node:fs/promises';

export type Json = Readonly<Record<string, unknown>>;

/** The file's text, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT')
      return undefined;
    throw new Error(`${path}: cannot read: ${String(cause)}`, { cause });
  }
}

export function parseObject(text: string, path: string): Json {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
    throw new Error(`${path}: not valid JSON: ${reason}`, { cause });
  }
  if (!isObject(parsed)) throw new Error(`${path}: expected a JSON object; got ${shown(parsed)}`);
  return parsed;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lines of a text file, whatever ends them, without empty ones at its end. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A value as it appears in a message: its JSON, cut to 60 characters. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
