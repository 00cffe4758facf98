/** What any tokenizer's files come down to. */
import type { Frame } from './special-tokens.js';

export interface Subwords {
  /** Token to id, added tokens included. */
  readonly ids: ReadonlyMap<string, number>;
  readonly frame: Frame;
  /** The file that they came from, for messages. */
  readonly source: string;
  /** The ids of a text, without special tokens around it. */
  readonly tokenize: (text: string) => readonly number[];
}
