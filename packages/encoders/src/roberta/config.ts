/** RoBERTa's configuration, read from a Hugging Face `config.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The activation functions that the feed-forward layers may use. */
export const activations = ['gelu', 'relu'] as const;
export type Activation = (typeof activations)[number];

/** What the model's code reads of `config.json`; names as there, in camel case. */
export interface RobertaConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** Rows of the position table; the first padTokenId + 1 are never used by text. */
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  readonly hiddenAct: Activation;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  /** Dropout before and inside the head; `hiddenDropoutProb` when the file has null. */
  readonly classifierDropout: number;
  readonly padTokenId: number;
  /** Standard deviation of a new head's weights. */
  readonly initializerRange: number;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads `config.json` of a model folder.
 * @throws when the file is missing, no JSON, not a RoBERTa, or a value has the wrong type or range
 */
export async function readRobertaConfig(folder: string): Promise<RobertaConfig> {
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new Error(
      `${path}: no such file; a model folder holds config.json, model.safetensors and a tokenizer`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: not valid JSON: ${reason}`, { cause: error });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${path}: must hold a JSON object`);
  }
  return parseRobertaConfig({ ...json }, path);
}

/**
 * Checks and translates a parsed `config.json`; absent values get the defaults of Hugging Face's `RobertaConfig`.
 * @param source what to name in error messages
 */
export function parseRobertaConfig(json: Json, source = 'config'): RobertaConfig {
  const modelType = json['model_type'] ?? null;
  if (modelType !== 'roberta') {
    throw new Error(`${source}: model_type must be "roberta"; got ${JSON.stringify(modelType)}`);
  }
  const positionType = json['position_embedding_type'] ?? 'absolute';
  if (positionType !== 'absolute') {
    throw new Error(
      `${source}: position_embedding_type must be "absolute"; got ${JSON.stringify(positionType)}`,
    );
  }
  const count = (key: string, fallback: number | null, least = 1): number => {
    const value = json[key] ?? fallback;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      throw new Error(
        `${source}: ${key} must be an integer of at least ${least}; got ${JSON.stringify(value)}`,
      );
    }
    return value;
  };
  const real = (key: string, fallback: number, from: number, below: number): number => {
    const value = json[key] ?? fallback;
    if (typeof value !== 'number' || !(value >= from && value < below)) {
      throw new Error(
        `${source}: ${key} must be a number in [${from}, ${below}); got ${JSON.stringify(value)}`,
      );
    }
    return value;
  };
  const hiddenAct = activations.find((name) => name === (json['hidden_act'] ?? 'gelu'));
  if (hiddenAct === undefined) {
    throw new Error(
      `${source}: hidden_act must be one of ${activations.join(', ')}; got ${JSON.stringify(json['hidden_act'])}`,
    );
  }
  const hiddenSize = count('hidden_size', null);
  const numAttentionHeads = count('num_attention_heads', null);
  if (hiddenSize % numAttentionHeads !== 0) {
    throw new Error(
      `${source}: hidden_size must be a multiple of num_attention_heads; got ${hiddenSize} and ${numAttentionHeads}`,
    );
  }
  const hiddenDropoutProb = real('hidden_dropout_prob', 0.1, 0, 1);
  return {
    vocabSize: count('vocab_size', null),
    hiddenSize,
    numHiddenLayers: count('num_hidden_layers', null),
    numAttentionHeads,
    intermediateSize: count('intermediate_size', null),
    maxPositionEmbeddings: count('max_position_embeddings', null, 3),
    typeVocabSize: count('type_vocab_size', 1),
    layerNormEps: real('layer_norm_eps', 1e-5, 0, 1),
    hiddenAct,
    hiddenDropoutProb,
    attentionProbsDropoutProb: real('attention_probs_dropout_prob', 0.1, 0, 1),
    classifierDropout: real('classifier_dropout', hiddenDropoutProb, 0, 1),
    padTokenId: count('pad_token_id', 1, 0),
    initializerRange: real('initializer_range', 0.02, 0, 10),
  };
}

/** The longest sequence of tokens that the position table has room for. */
export function longestSequence({ maxPositionEmbeddings, padTokenId }: RobertaConfig): number {
  return maxPositionEmbeddings - padTokenId - 1;
}
