/** What an adapted model's own forward pass asks of its layers; tfjs's `predict` and `evaluate` ask nothing of it. */
import type { DropoutSource } from '../model.js';

interface Wishes {
  /** Masks for Dropout layers and for what enters a pair; null: none. */
  readonly dropout: DropoutSource | null;
  /** Whether the final activation is left out. */
  readonly logits: boolean;
}

const none: Wishes = { dropout: null, logits: false };

export class ForwardPass {
  #wishes = none;

  get dropout(): DropoutSource | null {
    return this.#wishes.dropout;
  }

  get logits(): boolean {
    return this.#wishes.logits;
  }

  /** Runs a synchronous computation with these wishes. */
  with<T>(wishes: Wishes, compute: () => T): T {
    this.#wishes = wishes;
    try {
      return compute();
    } finally {
      this.#wishes = none;
    }
  }
}
