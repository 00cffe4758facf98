/**
 * `adapter_config.json` of a LoRA adapter of Hugging Face PEFT (`LoraConfig`): what is read of it, and what is written.
 *
 * Facts from huggingface/peft: tuners/lora/config.py (fields), tuners/lora/layer.py (scaling), utils/other.py
 * (`get_pattern_key`).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const configFile = 'adapter_config.json';

type Json = Readonly<Record<string, unknown>>;

/** What the low-rank products and the other tensors of an adapter depend on. */
export interface PeftConfig {
  /** The base model's hub id or folder as PEFT stored it; null where it is absent. */
  readonly baseModel: string | null;
  /** The rank that the configuration gives a module. */
  readonly rankOf: (module: string) => number;
  /** What a module's product B A is multiplied by: α/r, or α/√r with `use_rslora`. */
  readonly scaleOf: (module: string) => number;
}

/**
 * Fields that change nothing about what a stored adapter computes: bookkeeping, training, and what the names and shapes of
 * the tensors say themselves (`fan_in_fan_out` tells how the base layer stores W, which is this library's matter).
 */
const inert = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'bias',
  'corda_config',
  'ensure_weight_tying',
  'eva_config',
  'exclude_modules',
  'fan_in_fan_out',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'loftq_config',
  'lora_bias',
  'lora_dropout',
  'megatron_core',
  'modules_to_save',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'target_modules',
  'task_type',
]);

/** Fields that are read. */
const supported = new Set([
  'alpha_pattern',
  'init_lora_weights',
  'lora_alpha',
  'peft_type',
  'r',
  'rank_pattern',
  'use_rslora',
]);

/** Ways to draw the first A and B that leave the base weights alone; the others (pissa, olora, loftq, …) change them. */
const harmlessInits: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

/** @throws when the file is missing, no JSON, no LoRA, or asks for what is not supported, named in the message */
export async function readPeftConfig(folder: string): Promise<PeftConfig> {
  const path = join(folder, configFile);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: cannot be read as JSON: ${reason}; a PEFT adapter is a folder that holds it`, {
      cause: error,
    });
  }
  return parsePeftConfig(isObject(json) ? json : {}, path);
}

/** @param source what to name in error messages */
export function parsePeftConfig(json: Json, source: string): PeftConfig {
  if (json['peft_type'] !== 'LORA') {
    throw new Error(`${source}: peft_type must be "LORA"; got ${shown(json['peft_type'])}`);
  }
  const init = json['init_lora_weights'];
  if (!harmlessInits.includes(init)) {
    throw new Error(
      `${source}: init_lora_weights must be one that leaves the base weights alone; got ${shown(init)}: convert the adapter ` +
        `in Python with save_pretrained(..., path_initial_model_for_weight_conversion=...)`,
    );
  }
  const unsupported = Object.keys(json).filter(
    (key) => !inert.has(key) && !supported.has(key) && !isOff(json[key]),
  );
  if (unsupported.length > 0) {
    throw new Error(
      `${source}: ${unsupported.map((key) => `${key} = ${shown(json[key])}`).join(', ')}: not supported; ` +
        `merge the adapter in Python (merge_and_unload) and load the checkpoint`,
    );
  }
  const rank = positive(json['r'], 'r', source);
  const alpha = positive(json['lora_alpha'], 'lora_alpha', source);
  const ranks = patternsOf(json, 'rank_pattern', source);
  const alphas = patternsOf(json, 'alpha_pattern', source);
  const rankStabilised = json['use_rslora'] === true;
  const rankOf = (module: string): number => valueOf(ranks, module) ?? rank;
  return {
    baseModel: typeof json['base_model_name_or_path'] === 'string' ? json['base_model_name_or_path'] : null,
    rankOf,
    scaleOf: (module) => {
      const r = rankOf(module);
      return (valueOf(alphas, module) ?? alpha) / (rankStabilised ? Math.sqrt(r) : r);
    },
  };
}

/** A pattern as PEFT matches it: a regular expression for the end of a module's name, from a dot on or the whole. */
interface Pattern {
  readonly matches: RegExp;
  readonly value: number;
}

function patternsOf(json: Json, key: string, source: string): Pattern[] {
  const patterns = json[key] ?? {};
  if (!isObject(patterns)) {
    throw new Error(`${source}: ${key} must be an object of numbers; got ${shown(patterns)}`);
  }
  return Object.entries(patterns).map(([pattern, value]) => {
    let matches: RegExp;
    try {
      matches = new RegExp(`^(?:.*\\.)?(?:${pattern})$`);
    } catch (error) {
      throw new Error(`${source}: ${key} must have regular expressions as keys; got ${pattern}`, {
        cause: error,
      });
    }
    return { matches, value: positive(value, `${key}.${pattern}`, source) };
  });
}

/** The first pattern that matches decides. */
function valueOf(patterns: readonly Pattern[], module: string): number | undefined {
  return patterns.find(({ matches }) => matches.test(module))?.value;
}

function positive(value: unknown, key: string, source: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new Error(`${source}: ${key} must be a number above 0; got ${shown(value)}`);
}

/** Whether a field that nobody knows asks for nothing. */
function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** What `peftConfig` is made of. */
export interface PeftConfigParts {
  readonly baseModel: string;
  readonly taskType: string;
  /** Rank of each adapted module, by its whole name. */
  readonly ranks: ReadonlyMap<string, number>;
  readonly biases: boolean;
  readonly modulesToSave: readonly string[];
}

/**
 * The file's contents. α equals the rank in every module, so that B A counts as it is. Modules are given by their whole
 * names, which match themselves alone. Fields that PEFT added over the years are left at their defaults by leaving them out,
 * so that older versions read the file too.
 */
export function peftConfig({ baseModel, taskType, ranks, biases, modulesToSave }: PeftConfigParts): Json {
  const usual = mostFrequent([...ranks.values()]);
  const others = Object.fromEntries([...ranks].filter(([, rank]) => rank !== usual));
  return {
    peft_type: 'LORA',
    task_type: taskType,
    base_model_name_or_path: baseModel,
    inference_mode: true,
    r: usual,
    lora_alpha: usual,
    rank_pattern: others,
    alpha_pattern: others,
    target_modules: [...ranks.keys()],
    modules_to_save: modulesToSave,
    bias: biases ? 'all' : 'none',
    lora_dropout: 0,
    fan_in_fan_out: false,
    init_lora_weights: true,
  };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}
