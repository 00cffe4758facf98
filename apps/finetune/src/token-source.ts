/** Examples of a task as token ids that can be put together to padded batches. */
import type { Hash } from 'node:crypto';
import { collate, encoderInputs } from '@ggm-peft/encoders';
import type { EncoderConfig, Encoding, TextTokenizer } from '@ggm-peft/encoders';
import type { Example } from '@ggm-peft/glue';
import type { BatchSource, LabelledBatch } from '@ggm-peft/training';

export class TokenSource implements BatchSource {
  readonly labels: Float32Array;
  readonly #encodings: readonly Encoding[];
  readonly #config: EncoderConfig;

  /** @param config the model's, whose padding is the tokenizer's */
  constructor(
    examples: readonly Example[],
    tokenizer: TextTokenizer,
    config: EncoderConfig,
    maxLength: number,
  ) {
    this.#config = config;
    this.#encodings = examples.map(({ text, pair }) => tokenizer.encode(text, pair, { maxLength }));
    this.labels = Float32Array.from(examples, ({ label }) => label);
  }

  get size(): number {
    return this.#encodings.length;
  }

  /** Takes all tokens and labels into a hash. */
  hashInto(hash: Hash): void {
    for (const { ids, typeIds } of this.#encodings) {
      hash.update(Int32Array.of(ids.length, ...ids, ...typeIds));
    }
    hash.update(this.labels);
  }

  length(index: number): number {
    return this.#at(index).ids.length;
  }

  batch(indices: readonly number[], length?: number): LabelledBatch {
    const tokens = collate(
      indices.map((index) => this.#at(index)),
      this.#config.padTokenId,
      length === undefined ? {} : { padTo: length },
    );
    return {
      inputs: encoderInputs(tokens, this.#config),
      labels: Float32Array.from(indices, (index) => this.labels[index] ?? NaN),
    };
  }

  #at(index: number): Encoding {
    const encoding = this.#encodings[index];
    if (encoding === undefined) {
      throw new RangeError(`TokenSource: index must lie in 0..${this.size - 1}; got ${index}`);
    }
    return encoding;
  }
}
