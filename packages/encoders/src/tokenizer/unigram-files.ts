/**
 * A Unigram tokenizer as XLM-R's, from `tokenizer.json`. Both forms of it are understood: the published one, which splits at
 * white space before it marks where words begin, and the later one, which folds runs of spaces first.
 */
import { parseAddedTokens } from './added-tokens.js';
import { charsmapNormalizer } from './charsmap.js';
import { isObject, shown } from './files.js';
import type { Json } from './files.js';
import { wordStart } from './unigram.js';
import type { UnigramVocabulary } from './unigram.js';

/** @param json a `tokenizer.json` whose model is a Unigram */
export function parseUnigramJson(json: Json, model: Json, path: string): UnigramVocabulary {
  const { vocab, unk_id: unknownId } = model;
  if (!Array.isArray(vocab) || vocab.length === 0) {
    throw new Error(`${path}: expected model.vocab to be a list of pieces; got ${shown(vocab)}`);
  }
  if (
    typeof unknownId !== 'number' ||
    !Number.isSafeInteger(unknownId) ||
    unknownId < 0 ||
    unknownId >= vocab.length
  ) {
    throw new Error(
      `${path}: expected model.unk_id to be the id of a piece, 0..${vocab.length - 1}; got ${shown(unknownId)}`,
    );
  }
  if (model['byte_fallback'] === true) {
    throw new Error(`${path}: expected no byte_fallback in the model, as in XLM-R; got true`);
  }
  requireWords(json['pre_tokenizer'], path);
  return {
    pieces: vocab.map((entry: unknown, i) => checkPiece(entry, `${path}: model.vocab[${i}]`)),
    unknownId,
    addedTokens: parseAddedTokens(json['added_tokens'], path),
    normalise: readNormalizer(json['normalizer'], path),
  };
}

function checkPiece(entry: unknown, where: string): readonly [string, number] {
  if (Array.isArray(entry) && entry.length === 2) {
    const [piece, score] = entry as readonly unknown[];
    if (typeof piece === 'string' && typeof score === 'number') return [piece, score];
  }
  throw new Error(`${where}: expected a piece and its score; got ${shown(entry)}`);
}

/** @throws unless every word gets a mark in front, whatever else is done at white space */
function requireWords(preTokenizer: unknown, path: string): void {
  const steps = stepsOf(preTokenizer, 'pretokenizers');
  const marks = steps.filter(({ type }) => type === 'Metaspace');
  const others = steps.filter(({ type }) => type !== 'Metaspace' && type !== 'WhitespaceSplit');
  const [mark] = marks;
  if (
    mark !== undefined &&
    marks.length === 1 &&
    others.length === 0 &&
    (mark['replacement'] ?? wordStart) === wordStart &&
    mark['add_prefix_space'] !== false &&
    (mark['prepend_scheme'] ?? 'always') === 'always'
  ) {
    return;
  }
  throw new Error(
    `${path}: expected a pre_tokenizer of type "Metaspace" that marks every word, as XLM-R has; got ${shown(preTokenizer)}`,
  );
}

/** What is done to the characters; folding and stripping spaces changes nothing where words are split at them anyway. */
function readNormalizer(normalizer: unknown, path: string): (text: string) => string {
  const rules = stepsOf(normalizer ?? { type: 'Sequence', normalizers: [] }, 'normalizers').flatMap(
    (step) => {
      const { type, precompiled_charsmap: charsmap, pattern } = step;
      if (type === 'Precompiled' && typeof charsmap === 'string') return [charsmapNormalizer(charsmap, path)];
      if (type === 'Strip') return [];
      if (type === 'Replace' && isObject(pattern) && pattern['Regex'] === ' {2,}') return [];
      throw new Error(
        `${path}: expected a normalizer of type "Precompiled", as XLM-R has; got ${shown(step)}`,
      );
    },
  );
  return (text) => rules.reduce((rest, rule) => rule(rest), text);
}

/** The steps of a sequence, or the one step that it is. */
function stepsOf(step: unknown, list: string): Json[] {
  if (!isObject(step)) return [];
  if (step['type'] !== 'Sequence') return [step];
  const steps = step[list];
  return Array.isArray(steps) ? steps.filter(isObject) : [];
}
