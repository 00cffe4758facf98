/** Token ids of several texts as one padded batch. */
import type { TokenBatch } from '../inputs.js';

export interface CollateOptions {
  /** Length of every row. Default: that of the longest. A fixed length keeps a compiled graph's shapes. */
  readonly padTo?: number;
}

/**
 * Pads token ids on the right to rows of one length.
 *
 * @param encodings token ids, one list a text; at least one
 * @param padTokenId the tokenizer's `padTokenId`
 * @returns ids and mask (1 = token, 0 = padding), row-major [batch, length]
 * @throws Error without encodings, or when one is longer than `padTo`
 */
export function collate(
  encodings: readonly (readonly number[])[],
  padTokenId: number,
  { padTo }: CollateOptions = {},
): TokenBatch {
  const batch = encodings.length;
  if (batch === 0) throw new Error('collate: encodings must hold at least one list of token ids; got none');
  const longest = encodings.reduce((length, ids) => Math.max(length, ids.length), 0);
  const length = padTo ?? longest;
  if (!Number.isSafeInteger(length) || length < longest) {
    throw new Error(
      `collate: padTo must be an integer of at least ${longest}, the longest encoding; got ${length}`,
    );
  }
  const inputIds = new Int32Array(batch * length).fill(padTokenId);
  const attentionMask = new Int32Array(batch * length);
  for (const [row, ids] of encodings.entries()) {
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  }
  return { inputIds, attentionMask, batch, length };
}
