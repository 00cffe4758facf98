/**
 * The tensors that RoBERTa reads, from padded token ids. Positions count the tokens that are no padding and begin at
 * padTokenId + 1; padding has position padTokenId (fairseq's convention, kept by Hugging Face).
 */

/** A padded batch of token ids, row-major [batch, length]. */
export interface TokenBatch {
  readonly inputIds: Int32Array;
  /** 1 where a token may be attended to, 0 on padding. */
  readonly attentionMask: Int32Array;
  readonly batch: number;
  readonly length: number;
}

/** Named int32 arrays with their shape, as an engine takes them. */
export type EncoderInputs = Readonly<
  Record<
    'inputIds' | 'attentionMask' | 'positionIds',
    { readonly data: Int32Array; readonly shape: [number, number] }
  >
>;

/** Adds position ids to a padded batch. */
export function encoderInputs(
  { inputIds, attentionMask, batch, length }: TokenBatch,
  padTokenId: number,
): EncoderInputs {
  const positionIds = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    let position = padTokenId;
    for (let column = 0; column < length; column++) {
      const i = row * length + column;
      positionIds[i] = inputIds[i] === padTokenId ? padTokenId : ++position;
    }
  }
  const shape: [number, number] = [batch, length];
  return {
    inputIds: { data: inputIds, shape },
    attentionMask: { data: attentionMask, shape },
    positionIds: { data: positionIds, shape },
  };
}
