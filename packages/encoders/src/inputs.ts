/** The tensors that an encoder reads, from padded token ids. */
import { architectureOf } from './architecture-of.js';
import type { EncoderConfig } from './config/encoder-config.js';

/** A padded batch of token ids, row-major [batch, length]. */
export interface TokenBatch {
  readonly inputIds: Int32Array;
  /** 1 where a token may be attended to, 0 on padding. */
  readonly attentionMask: Int32Array;
  /** Which text of a pair a token belongs to, 0 or 1, where the model tells them apart; default 0 for all. */
  readonly tokenTypeIds?: Int32Array;
  readonly batch: number;
  readonly length: number;
}

export interface EncoderInput {
  readonly data: Int32Array;
  readonly shape: [number, number];
}

/**
 * Named int32 arrays with their shape, as an engine takes them: `inputIds` and `attentionMask`; `positionIds` for RoBERTa,
 * `tokenTypeIds` for BERT.
 */
export type EncoderInputs = Readonly<
  Record<'inputIds' | 'attentionMask', EncoderInput> &
    Partial<Record<'positionIds' | 'tokenTypeIds', EncoderInput>>
>;

/** The part of a configuration that says which inputs a model takes. */
export type InputConfig = Pick<EncoderConfig, 'modelType' | 'padTokenId' | 'typeVocabSize'>;

/**
 * Adds to a padded batch what the model takes beside ids and mask.
 *
 * @param model the model's configuration; a number is the padding's id of a RoBERTa
 * @throws when a token type has no row in the model's table
 */
export function encoderInputs(batch: TokenBatch, model: InputConfig | number): EncoderInputs {
  const config: InputConfig =
    typeof model === 'number' ? { modelType: 'roberta', padTokenId: model, typeVocabSize: 1 } : model;
  const { positions, tokenTypes } = architectureOf(config);
  const input = (data: Int32Array): EncoderInput => ({ data, shape: [batch.batch, batch.length] });
  return {
    inputIds: input(batch.inputIds),
    attentionMask: input(batch.attentionMask),
    ...(positions === 'after-padding' ? { positionIds: input(positionIds(batch, config.padTokenId)) } : {}),
    ...(tokenTypes === 'given' ? { tokenTypeIds: input(tokenTypeIds(batch, config.typeVocabSize)) } : {}),
  };
}

/** The longest sequence of tokens that the position table has room for. */
export function longestSequence(
  config: Pick<EncoderConfig, 'modelType' | 'padTokenId' | 'maxPositionEmbeddings'>,
): number {
  const unused = architectureOf(config).positions === 'after-padding' ? config.padTokenId + 1 : 0;
  return config.maxPositionEmbeddings - unused;
}

/** Positions from padTokenId + 1, padding left out; padding's own is padTokenId. */
function positionIds({ inputIds, batch, length }: TokenBatch, padTokenId: number): Int32Array {
  const ids = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    let position = padTokenId;
    for (let column = 0; column < length; column++) {
      const i = row * length + column;
      ids[i] = inputIds[i] === padTokenId ? padTokenId : ++position;
    }
  }
  return ids;
}

function tokenTypeIds({ tokenTypeIds: given, batch, length }: TokenBatch, typeVocabSize: number): Int32Array {
  const ids = given ?? new Int32Array(batch * length);
  const unknown = ids.find((id) => id < 0 || id >= typeVocabSize);
  if (unknown === undefined) return ids;
  throw new Error(
    `encoderInputs: tokenTypeIds must lie in 0..${typeVocabSize - 1}, the model's token types; got ${unknown}`,
  );
}
