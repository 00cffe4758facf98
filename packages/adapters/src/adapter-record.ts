/** `adapter.json`: what an adapter's files are, and what they belong to. */
import type { BaseIdentity } from './base-identity.js';
import type { FileIdentity } from './file-identity.js';
import { methodNames } from './methods/method.js';
import type { MethodName } from './methods/method.js';

const format = 'ggm-peft-adapter';

/** The schema version that this release writes and reads. */
export const recordVersion = 2;

export interface AdapterRecord {
  readonly version: typeof recordVersion;
  readonly method: MethodName;
  /** Options that the method was attached with, for people and other programs; restoring does not need them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The weights that the adapter was trained on. */
  readonly base: BaseIdentity;
  /** How the method reads its tensors; `MethodState.layout`. */
  readonly layout: Readonly<Record<string, unknown>>;
  /** The nodes among which the method chose, and positions of the chosen ones; null for a method that chooses none. */
  readonly nodes: {
    readonly selection: string;
    readonly names: readonly string[];
    readonly selected: readonly number[];
    readonly important: readonly number[];
  } | null;
  /** The adapter's files by name. */
  readonly files: Readonly<Record<string, FileIdentity>>;
}

/** The record as it stands in the file. */
export function renderRecord(record: AdapterRecord): string {
  return `${JSON.stringify({ format, ...record }, null, 2)}\n`;
}

/**
 * @param source the file, for error messages
 * @throws when it is no record of this version
 */
export function parseRecord(text: string, source: string): AdapterRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${source}: must be JSON; got ${JSON.stringify(text.slice(0, 40))}`);
  }
  const fields = object(json);
  if (fields['format'] !== format || fields['version'] !== recordVersion) {
    throw new Error(
      `${source}: must be a ${format} of version ${recordVersion}, the one that this release reads; ` +
        `got ${shown(fields['format'])} of version ${shown(fields['version'])}`,
    );
  }
  const method = methodNames.find((name) => name === fields['method']);
  if (method === undefined) {
    throw new Error(
      `${source}: method must be one of ${methodNames.join(', ')}; got ${shown(fields['method'])}`,
    );
  }
  const { base, nodes } = fields;
  const [config, layout] = [object(fields['config']), object(fields['layout'])];
  const files = Object.entries(object(fields['files'])).map(([name, file]) => {
    const { bytes, sha256 } = object(file);
    if (typeof bytes === 'number' && typeof sha256 === 'string') return [name, { bytes, sha256 }] as const;
    throw new Error(`${source}: files.${name} must hold bytes and sha256; got ${shown(file)}`);
  });
  if (!isIdentity(base)) throw new Error(`${source}: base must hold id and sha256; got ${shown(base)}`);
  if (!isNodes(nodes)) {
    throw new Error(`${source}: nodes must be null, or hold selection, names, selected and important`);
  }
  return { version: recordVersion, method, config, base, layout, nodes, files: Object.fromEntries(files) };
}

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const shown = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

const isIdentity = (value: unknown): value is BaseIdentity => {
  const { id, sha256 } = object(value);
  return typeof id === 'string' && typeof sha256 === 'string';
};

function isNodes(value: unknown): value is AdapterRecord['nodes'] {
  if (value === null) return true;
  const { selection, names, selected, important } = object(value);
  const isList = (list: unknown, kind: string): boolean =>
    Array.isArray(list) && list.every((entry) => typeof entry === kind);
  return (
    typeof selection === 'string' &&
    isList(names, 'string') &&
    isList(selected, 'number') &&
    isList(important, 'number')
  );
}
