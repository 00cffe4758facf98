/**
 * What one BERT-shaped encoder has of its own: names in the checkpoint, how positions are counted, whether there are token
 * types, which dropouts there are, and the head. Everything else, the post-layer-norm transformer, is common to all.
 */
import type { ParameterRole } from '@ggm-peft/adapters';

/** Names of a layer's parts below the layer. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface Architecture {
  /** What the names of the pre-trained tensors begin with; a checkpoint of the bare encoder leaves it out. */
  readonly prefix: string;
  /** Names of the layers, without their number. */
  readonly layers: string;
  readonly layer: LayerNames;
  /**
   * `from-zero`: every row's tokens have the positions 0, 1, 2, ... `after-padding`: tokens that are no padding count from
   * padTokenId + 1, and padding has padTokenId (fairseq's convention, kept by Hugging Face); the model then takes
   * `positionIds`.
   */
  readonly positions: 'from-zero' | 'after-padding';
  /** `none`: no table; `first`: every token is of type 0; `given`: the model takes `tokenTypeIds`. */
  readonly tokenTypes: 'none' | 'first' | 'given';
  /** Whether what attention gives is dropped before it is added to what entered the layer. */
  readonly dropsAttentionOutput: boolean;
  readonly head: HeadDesign;
}

/** dropout? → dense → activation → dropout → output, on the pooled state. */
export interface HeadDesign {
  readonly dense: string;
  /** `encoder` for BERT's pooler, which is pre-trained on the first token: other pooling goes without it. */
  readonly denseRole: ParameterRole;
  readonly activation: 'tanh' | 'relu';
  /** Whether there is dropout before the dense layer too. */
  readonly dropsInput: boolean;
  readonly output: string;
}

/** BERT's names of a layer's parts, which RoBERTa kept. */
export const bertLayerNames: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  intermediate: 'intermediate.dense',
  output: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

/** The name of a table, or of the layer normalisation, of the embeddings. */
export function embeddingName(
  { prefix }: Architecture,
  part: 'word_embeddings' | 'position_embeddings' | 'token_type_embeddings' | 'LayerNorm',
): string {
  return `${prefix}.embeddings.${part}`;
}

/** The name of a part of layer `index`. */
export function layerPartName(
  { prefix, layers, layer }: Architecture,
  index: number,
  part: keyof LayerNames,
): string {
  return `${prefix}.${layers}.${index}.${layer[part]}`;
}

/** Patterns of the attention's projections of every layer: the sites of the paper's runs, by the architecture's names. */
export function attentionSites({ layer: { query, key, value } }: Architecture): readonly string[] {
  return [query, key, value];
}

/** The number of the layer that a parameter of the encoder belongs to; 0 for the embeddings'. */
export function layerOf({ prefix, layers }: Architecture, name: string): number {
  const start = `${prefix}.${layers}.`;
  return name.startsWith(start) ? Number.parseInt(name.slice(start.length), 10) : 0;
}
