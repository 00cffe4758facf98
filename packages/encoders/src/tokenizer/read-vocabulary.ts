/**
 * Reads a RoBERTa tokenizer from a Hugging Face model folder: `tokenizer.json`, or the older `vocab.json` and `merges.txt`
 * (which need a line of their own for each merge, best first, after a `#version` line).
 *
 * Both give the same `BpeVocabulary`. Of `tokenizer.json` only what RoBERTa uses is accepted (byte-level BPE without a
 * normalizer), so that a file of another kind is an error rather than other ids.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkIds, checkMerges, shown, specialTokenNames } from './vocabulary.js';
import type { AddedToken, BpeVocabulary } from './vocabulary.js';

/** A vocabulary and the file that it came from, for messages. */
export interface SourcedVocabulary {
  readonly vocabulary: BpeVocabulary;
  readonly source: string;
}

/** @throws Error naming the file that is missing or malformed, and where */
export async function readVocabulary(folder: string): Promise<SourcedVocabulary> {
  const paths = {
    tokenizer: join(folder, 'tokenizer.json'),
    vocab: join(folder, 'vocab.json'),
    merges: join(folder, 'merges.txt'),
  };
  const json = await readIfThere(paths.tokenizer);
  if (json !== undefined) {
    return { vocabulary: parseTokenizerJson(json, paths.tokenizer), source: paths.tokenizer };
  }
  const vocab = await readIfThere(paths.vocab);
  const merges = await readIfThere(paths.merges);
  if (vocab === undefined || merges === undefined) {
    const missing = vocab === undefined ? paths.vocab : paths.merges;
    throw new Error(`${missing}: no such file; a tokenizer is tokenizer.json, or vocab.json with merges.txt`);
  }
  return { vocabulary: parseVocabAndMerges(vocab, merges, paths), source: paths.vocab };
}

function parseTokenizerJson(text: string, path: string): BpeVocabulary {
  const { model, normalizer, pre_tokenizer: preTokenizer, added_tokens: added } = parseObject(text, path);
  // Files of older versions leave the model's type out.
  if (!isObject(model) || (model['type'] ?? 'BPE') !== 'BPE' || !Array.isArray(model['merges'])) {
    const type = isObject(model) ? (model['type'] ?? 'BPE without merges') : model;
    throw new Error(`${path}: expected a model of type "BPE", as RoBERTa has; got ${shown(type)}`);
  }
  for (const option of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'ignore_merges']) {
    if (model[option]) {
      throw new Error(
        `${path}: expected no ${option} in the model, as in RoBERTa; got ${shown(model[option])}`,
      );
    }
  }
  if (normalizer !== undefined && normalizer !== null) {
    throw new Error(`${path}: expected no normalizer, as in RoBERTa; got ${shown(normalizer)}`);
  }
  if (
    !isObject(preTokenizer) ||
    preTokenizer['type'] !== 'ByteLevel' ||
    preTokenizer['use_regex'] === false
  ) {
    throw new Error(
      `${path}: expected a pre_tokenizer of type "ByteLevel", as RoBERTa has; got ${shown(preTokenizer)}`,
    );
  }
  const ids = checkIds(model['vocab'], `${path}: model.vocab`);
  return {
    ids,
    merges: checkMerges(model['merges'], ids, (i) => `${path}: model.merges[${i}]`),
    addedTokens: parseAddedTokens(added, path),
    addPrefixSpace: preTokenizer['add_prefix_space'] === true,
  };
}

function parseAddedTokens(added: unknown, path: string): AddedToken[] {
  if (!Array.isArray(added))
    throw new Error(`${path}: expected added_tokens to be a list; got ${shown(added)}`);
  return added.map((token: unknown, i) => {
    const { id, content } = isObject(token) ? token : {};
    if (
      !isObject(token) ||
      typeof id !== 'number' ||
      !Number.isSafeInteger(id) ||
      typeof content !== 'string'
    ) {
      throw new Error(
        `${path}: expected added_tokens[${i}] to have an id and a content; got ${shown(token)}`,
      );
    }
    const flag = (name: string): boolean => token[name] === true;
    if (content === '' || flag('single_word')) {
      throw new Error(
        `${path}: expected added_tokens[${i}] to have a text and no single_word; got ${shown(token)}`,
      );
    }
    return { id, content, special: flag('special'), lstrip: flag('lstrip'), rstrip: flag('rstrip') };
  });
}

function parseVocabAndMerges(
  vocab: string,
  merges: string,
  paths: { readonly vocab: string; readonly merges: string },
): BpeVocabulary {
  const ids = checkIds(parseObject(vocab, paths.vocab), paths.vocab);
  const lines = merges.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  while (lines.at(-1) === '') lines.pop();
  // Only the first line can be a comment: "#" may also begin a merge.
  const start = lines[0]?.startsWith('#version') === true ? 1 : 0;
  const addedTokens = [...Object.values(specialTokenNames), '<mask>'].flatMap((content) => {
    const id = ids.get(content);
    if (id === undefined) return []; // <mask> is no loss; the others are missed by findSpecialTokens
    const lstrip = content === '<mask>';
    return [{ id, content, special: true, lstrip, rstrip: false }];
  });
  return {
    ids,
    merges: checkMerges(lines.slice(start), ids, (i) => `${paths.merges} line ${start + i + 1}`),
    addedTokens,
    addPrefixSpace: false,
  };
}

function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT')
      return undefined;
    throw new Error(`${path}: cannot read: ${String(cause)}`, { cause });
  }
}
