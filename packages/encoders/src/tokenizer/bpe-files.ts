/**
 * A byte-level BPE tokenizer as RoBERTa's, from `tokenizer.json`, or from the older `vocab.json` and `merges.txt` (which need a
 * line of their own for each merge, best first, after a `#version` line).
 *
 * Both give the same `BpeVocabulary`. Of `tokenizer.json` only what RoBERTa uses is accepted (byte-level BPE without a
 * normalizer), so that a file of another kind is an error rather than other ids.
 */
import { addSpecial, parseAddedTokens } from './added-tokens.js';
import { checkMerges } from './bpe-vocabulary.js';
import type { BpeVocabulary } from './bpe-vocabulary.js';
import { isObject, linesOf, parseObject, shown } from './files.js';
import type { Json } from './files.js';
import { robertaFrame } from './special-tokens.js';
import { checkIds } from './vocabulary-ids.js';

/** @param json a `tokenizer.json` whose model is a BPE */
export function parseBpeJson(json: Json, model: Json, path: string): BpeVocabulary {
  const { normalizer, pre_tokenizer: preTokenizer, added_tokens: added } = json;
  if (!Array.isArray(model['merges'])) {
    throw new Error(`${path}: expected model.merges to be a list; got ${shown(model['merges'])}`);
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

export function parseVocabAndMerges(
  vocab: string,
  merges: string,
  paths: { readonly vocab: string; readonly merges: string },
): BpeVocabulary {
  const ids = checkIds(parseObject(vocab, paths.vocab), paths.vocab);
  const lines = linesOf(merges);
  // Only the first line can be a comment: "#" may also begin a merge.
  const start = lines[0]?.startsWith('#version') === true ? 1 : 0;
  return {
    ids,
    merges: checkMerges(lines.slice(start), ids, (i) => `${paths.merges} line ${start + i + 1}`),
    addedTokens: addSpecial([...Object.values(robertaFrame.names), robertaFrame.mask], ids),
    addPrefixSpace: false,
  };
}
