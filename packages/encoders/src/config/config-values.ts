/** Values of a parsed `config.json`, each checked as it is read. */

export type Json = Readonly<Record<string, unknown>>;

/** The activation functions that the feed-forward layers may use. */
export const activations = ['gelu', 'relu'] as const;
export type Activation = (typeof activations)[number];

export interface ConfigValues {
  /** An integer of at least `least`. */
  count(key: string, fallback: number | null, least?: number): number;
  /** A number in [from, below). */
  real(key: string, fallback: number, from: number, below: number): number;
  activation(key: string): Activation;
  /** @throws unless the value is the only one that the model's code can do */
  requireOnly(key: string, only: string | boolean): void;
}

/**
 * @param json the parsed file; absent and null values get the fallback
 * @param source what to name in error messages
 */
export function configValues(json: Json, source: string): ConfigValues {
  return {
    count(key, fallback, least = 1) {
      const value = json[key] ?? fallback;
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
        throw new Error(
          `${source}: ${key} must be an integer of at least ${least}; got ${JSON.stringify(value)}`,
        );
      }
      return value;
    },
    real(key, fallback, from, below) {
      const value = json[key] ?? fallback;
      if (typeof value !== 'number' || !(value >= from && value < below)) {
        throw new Error(
          `${source}: ${key} must be a number in [${from}, ${below}); got ${JSON.stringify(value)}`,
        );
      }
      return value;
    },
    activation(key) {
      const found = activations.find((name) => name === (json[key] ?? 'gelu'));
      if (found !== undefined) return found;
      throw new Error(
        `${source}: ${key} must be one of ${activations.join(', ')}; got ${JSON.stringify(json[key])}`,
      );
    },
    requireOnly(key, only) {
      const value = json[key] ?? only;
      if (value === only) return;
      throw new Error(`${source}: ${key} must be ${JSON.stringify(only)}; got ${JSON.stringify(value)}`);
    },
  };
}

/** @throws unless the width divides into the heads */
export function requireWholeHeads(
  source: string,
  [widthKey, width]: readonly [key: string, value: number],
  [headsKey, heads]: readonly [key: string, value: number],
): void {
  if (width % heads === 0) return;
  throw new Error(`${source}: ${widthKey} must be a multiple of ${headsKey}; got ${width} and ${heads}`);
}

/** @returns the file's `model_type` as one of `known` */
export function modelTypeOf<T extends string>(json: Json, known: readonly T[], source: string): T {
  const value = json['model_type'] ?? null;
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const expected = known.map((name) => JSON.stringify(name)).join(' or ');
  throw new Error(`${source}: model_type must be ${expected}; got ${JSON.stringify(value)}`);
}
