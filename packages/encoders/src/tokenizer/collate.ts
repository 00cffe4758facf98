/** Tokens of several texts as one padded batch. */
import type { TokenBatch } from '../inputs.js';
import type { Encoding } from './tokenizer.js';

export interface CollateOptions {
  /** Length of every row. Default: that of the longest. A fixed length keeps a compiled graph's shapes. */
  readonly padTo?: number;
}

/**
 * Pads tokens on the right to rows of one length.
 *
 * @param encodings what the tokenizer's `encode` gave, one for each text; at least one. A plain list of ids is a text whose
 *   tokens are all of type 0
 * @param padTokenId the tokenizer's `padTokenId`
 * @returns ids, mask (1 = token, 0 = padding) and token types (padding's is 0), row-major [batch, length]
 * @throws Error without encodings, or when one is longer than `padTo`
 */
export function collate(
  encodings: readonly (Encoding | readonly number[])[],
  padTokenId: number,
  { padTo }: CollateOptions = {},
): Required<TokenBatch> {
  const batch = encodings.length;
  if (batch === 0) throw new Error('collate: encodings must hold at least one list of token ids; got none');
  const longest = encodings.reduce((length, encoding) => Math.max(length, idsOf(encoding).length), 0);
  const length = padTo ?? longest;
  if (!Number.isSafeInteger(length) || length < longest) {
    throw new Error(
      `collate: padTo must be an integer of at least ${longest}, the longest encoding; got ${length}`,
    );
  }
  const inputIds = new Int32Array(batch * length).fill(padTokenId);
  const attentionMask = new Int32Array(batch * length);
  const tokenTypeIds = new Int32Array(batch * length);
  for (const [row, encoding] of encodings.entries()) {
    const ids = idsOf(encoding);
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
    if ('typeIds' in encoding) tokenTypeIds.set(encoding.typeIds, row * length);
  }
  return { inputIds, attentionMask, tokenTypeIds, batch, length };
}

function idsOf(encoding: Encoding | readonly number[]): readonly number[] {
  return 'ids' in encoding ? encoding.ids : encoding;
}
