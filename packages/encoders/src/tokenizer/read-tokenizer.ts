/** The tokenizer of a Hugging Face model folder, in whichever of the known forms it is stored. */
import { join } from 'node:path';

import type { AddedToken } from './added-tokens.js';
import { byteLevelBpe } from './bpe.js';
import { parseBpeJson, parseVocabAndMerges } from './bpe-files.js';
import type { BpeVocabulary } from './bpe-vocabulary.js';
import { isObject, parseObject, readIfThere, shown } from './files.js';
import type { Json } from './files.js';
import { bertFrame, robertaFrame } from './special-tokens.js';
import type { Subwords } from './subwords.js';
import { unigram } from './unigram.js';
import type { UnigramVocabulary } from './unigram.js';
import { parseUnigramJson } from './unigram-files.js';
import { wordPiece } from './wordpiece.js';
import type { WordPieceVocabulary } from './wordpiece.js';
import { parseVocabTxt, parseWordPieceJson } from './wordpiece-files.js';
import type { TokenizerConfig } from './wordpiece-files.js';

/**
 * Reads `tokenizer.json`, else `vocab.txt`, else `vocab.json` with `merges.txt`.
 * @throws Error naming the file that is missing or malformed, and where
 */
export async function readTokenizer(folder: string): Promise<Subwords> {
  const paths = {
    tokenizer: join(folder, 'tokenizer.json'),
    words: join(folder, 'vocab.txt'),
    vocab: join(folder, 'vocab.json'),
    merges: join(folder, 'merges.txt'),
  };
  const json = await readIfThere(paths.tokenizer);
  if (json !== undefined) {
    return fromJson(parseObject(json, paths.tokenizer), paths.tokenizer, await readConfig(folder));
  }
  const words = await readIfThere(paths.words);
  if (words !== undefined) return ofWordPiece(parseVocabTxt(words, await readConfig(folder)), paths.words);
  const vocab = await readIfThere(paths.vocab);
  const merges = await readIfThere(paths.merges);
  if (vocab === undefined || merges === undefined) {
    const missing = vocab === undefined ? paths.vocab : paths.merges;
    throw new Error(
      `${missing}: no such file; a tokenizer is tokenizer.json, or vocab.txt, or vocab.json with merges.txt`,
    );
  }
  return ofBpe(parseVocabAndMerges(vocab, merges, paths), paths.vocab);
}

async function readConfig(folder: string): Promise<TokenizerConfig> {
  const path = join(folder, 'tokenizer_config.json');
  const text = await readIfThere(path);
  return { path, json: text === undefined ? {} : parseObject(text, path) };
}

function fromJson(json: Json, path: string, config: TokenizerConfig): Subwords {
  const { model } = json;
  if (!isObject(model)) throw new Error(`${path}: expected model to be an object; got ${shown(model)}`);
  switch (kindOf(model)) {
    case 'BPE':
      return ofBpe(parseBpeJson(json, model, path), path);
    case 'WordPiece':
      return ofWordPiece(parseWordPieceJson(json, model, path, config), path);
    case 'Unigram':
      return ofUnigram(parseUnigramJson(json, model, path), path);
    default:
      throw new Error(
        `${path}: expected a model of type "BPE", "WordPiece" or "Unigram"; got ${shown(model['type'])}`,
      );
  }
}

/** The model's type, which files of older versions leave out. */
function kindOf(model: Json): unknown {
  if ('type' in model) return model['type'];
  if ('merges' in model) return 'BPE';
  return Array.isArray(model['vocab']) ? 'Unigram' : 'WordPiece';
}

function ofUnigram(vocabulary: UnigramVocabulary, source: string): Subwords {
  const { pieces, addedTokens } = vocabulary;
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  return {
    ids: withAdded({ ids, addedTokens }),
    frame: robertaFrame,
    source,
    tokenize: unigram(vocabulary),
  };
}

function ofBpe(vocabulary: BpeVocabulary, source: string): Subwords {
  return {
    ids: withAdded(vocabulary),
    frame: robertaFrame,
    source,
    tokenize: byteLevelBpe(vocabulary),
  };
}

function ofWordPiece(vocabulary: WordPieceVocabulary, source: string): Subwords {
  return { ids: withAdded(vocabulary), frame: bertFrame, source, tokenize: wordPiece(vocabulary) };
}

function withAdded({
  ids,
  addedTokens,
}: {
  readonly ids: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
}): ReadonlyMap<string, number> {
  return new Map([...ids, ...addedTokens.map(({ content, id }) => [content, id] as const)]);
}
