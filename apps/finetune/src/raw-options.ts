/** Reading options one by one, as commander hands them over. Each reader throws a UserError that names the option as it is typed. */
import { UserError } from './user-error.js';

/** Options as commander hands them over: texts, by camel-case name. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** `targetNodes` → `--target-nodes`. */
export function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function text(raw: RawOptions, name: string): string | null {
  const value = raw[name];
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw new UserError(`${flag(name)} must be a text; got ${JSON.stringify(value)}`);
}

export function isOn(raw: RawOptions, name: string, fallback = false): boolean {
  const value = raw[name] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw new UserError(`${flag(name)} must be true or false; got ${JSON.stringify(value)}`);
}

export function list(raw: RawOptions, name: string, fallback: readonly string[]): readonly string[] {
  const value = raw[name];
  if (Array.isArray(value) && value.every((entry): entry is string => typeof entry === 'string'))
    return value;
  const joined = text(raw, name);
  if (joined === null) return fallback;
  const entries = joined.split(',').map((entry) => entry.trim());
  if (entries.every((entry) => entry !== '')) return entries;
  throw new UserError(`${flag(name)} must be names separated by commas; got ${joined}`);
}

export function whole(raw: RawOptions, name: string, fallback: number, least: number): number {
  const value = text(raw, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UserError(`${flag(name)} must be an integer of at least ${least}; got ${value}`);
}

export function real(raw: RawOptions, name: string, fallback: number, least: number): number {
  const value = text(raw, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (/^[\d.eE+-]+$/.test(value) && Number.isFinite(number) && number >= least) return number;
  throw new UserError(`${flag(name)} must be a number of at least ${least}; got ${value}`);
}

export function choice<T extends string>(raw: RawOptions, name: string, known: readonly T[], fallback: T): T {
  const value = text(raw, name);
  if (value === null) return fallback;
  const found = known.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UserError(`${flag(name)} must be one of ${known.join(', ')}; got ${value}`);
}
