/**
 * Unigram language model pieces (Kudo 2018, arXiv 1804.10959, as SentencePiece and XLM-R use it) by `@huggingface/tokenizers`:
 * the text is normalised, split at white space, and each word, with ▁ in front, is cut into the pieces of the highest summed
 * score; characters that no piece covers are unknown, a run of them once.
 *
 * The library normalises by rules that resemble XLM-R's table; here the table itself is applied, before the library, to what
 * lies between added tokens.
 */
import { anyOf } from './added-tokens.js';
import type { AddedToken } from './added-tokens.js';
import { libraryEncoder } from './library.js';

/** What stands for the space before a word. */
export const wordStart = '\u2581';

export interface UnigramVocabulary {
  /** Piece and score (log probability), by id. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unknownId: number;
  readonly addedTokens: readonly AddedToken[];
  readonly normalise: (text: string) => string;
}

/** A function from a text to its token ids, without special tokens around it. */
export function unigram({
  pieces,
  unknownId,
  addedTokens,
  normalise,
}: UnigramVocabulary): (text: string) => number[] {
  const encode = libraryEncoder({
    addedTokens: [],
    normalizer: null,
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: wordStart, prepend_scheme: 'always' },
      ],
    },
    model: { type: 'Unigram', vocab: pieces, unk_id: unknownId },
  });
  const idOf = new Map(addedTokens.map(({ content, id }) => [content, id]));
  const added = new RegExp(`(${anyOf([...idOf.keys()])})`, 'u');
  const parts = (text: string): string[] => (idOf.size === 0 ? [text] : text.split(added));
  return (text) =>
    parts(text).flatMap((part) => {
      const id = idOf.get(part);
      return id === undefined ? encode(normalise(part)) : [id];
    });
}
