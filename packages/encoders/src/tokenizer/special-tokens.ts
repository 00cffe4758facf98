/** The special tokens of a tokenizer, and how they frame texts. */

/** The ids of the special tokens that encoding needs. */
export interface SpecialTokens {
  /** <s> or [CLS], first in every input. */
  readonly bos: number;
  readonly pad: number;
  /** </s> or [SEP], after every text. */
  readonly eos: number;
  /** <unk> or [UNK], for what the vocabulary lacks. */
  readonly unk: number;
}

/** How an architecture's tokenizers call their special tokens and frame a pair. */
export interface Frame {
  readonly names: Readonly<Record<keyof SpecialTokens, string>>;
  readonly mask: string;
  /** How many `eos` stand between the texts of a pair. */
  readonly between: 1 | 2;
  /** The token type of a pair's second text and what follows it. */
  readonly secondType: 0 | 1;
  /** Who has them so, for messages. */
  readonly owner: string;
}

/** `<s> A </s>`, `<s> A </s></s> B </s>`, one token type (XLM-R's too). */
export const robertaFrame: Frame = {
  names: { bos: '<s>', pad: '<pad>', eos: '</s>', unk: '<unk>' },
  mask: '<mask>',
  between: 2,
  secondType: 0,
  owner: 'RoBERTa',
};

/** `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`, of type 1 after the first [SEP] (DistilBERT's too, which ignores the types). */
export const bertFrame: Frame = {
  names: { bos: '[CLS]', pad: '[PAD]', eos: '[SEP]', unk: '[UNK]' },
  mask: '[MASK]',
  between: 1,
  secondType: 1,
  owner: 'BERT',
};

/** The special tokens' ids. @throws Error naming those that the vocabulary lacks */
export function findSpecialTokens(
  { names, owner }: Frame,
  ids: ReadonlyMap<string, number>,
  source: string,
): SpecialTokens {
  const missing = Object.values(names).filter((token) => !ids.has(token));
  const id = (name: keyof SpecialTokens): number => {
    const found = ids.get(names[name]);
    if (found !== undefined) return found;
    throw new Error(
      `${source}: expected ${owner}'s special tokens in the vocabulary; it lacks ${missing.join(', ')}`,
    );
  };
  return { bos: id('bos'), pad: id('pad'), eos: id('eos'), unk: id('unk') };
}
