/**
 * Names of the tensors in `adapter_model.safetensors`, as PEFT's `get_peft_model_state_dict` writes them, the adapter's name
 * taken out (utils/save_and_load.py):
 *
 *   base_model.model.<module>.lora_A.weight       [r, in]        B of this library
 *   base_model.model.<module>.lora_B.weight       [out, r]       A
 *   base_model.model.<module>.lora_B.bias         [out]          with `lora_bias`
 *   base_model.model.<module>.lora_embedding_A    [r, entries]   A turned round
 *   base_model.model.<module>.lora_embedding_B    [width, r]     B turned round
 *   base_model.model.<module>.base_layer.bias     [out]          a bias of an adapted layer, with `bias: all`
 *   base_model.model.<parameter>                                 other biases, and the modules of `modules_to_save`
 *
 * `base_layer` is there since PEFT 0.6, where adapted layers began to wrap the model's own.
 */
export const weightsFile = 'adapter_model.safetensors';

const prefix = 'base_model.model.';

/** The tensors of a module's low-rank product. */
export const loraParts = {
  linearA: 'lora_A.weight',
  linearB: 'lora_B.weight',
  linearBias: 'lora_B.bias',
  embeddingA: 'lora_embedding_A',
  embeddingB: 'lora_embedding_B',
} as const;

export type LoraPart = keyof typeof loraParts;

export function loraKey(module: string, part: LoraPart): string {
  return `${prefix}${module}.${loraParts[part]}`;
}

/** @param adapted whether the parameter's module carries a low-rank product */
export function parameterKey(parameter: string, adapted: boolean): string {
  return prefix + (adapted ? parameter.replace(/\.([^.]+)$/, '.base_layer.$1') : parameter);
}

/** What a key names; null for one that is no key of an adapter of this kind. */
export type ParsedKey =
  | { readonly kind: 'lora'; readonly module: string; readonly part: LoraPart }
  | { readonly kind: 'parameter'; readonly parameter: string };

export function parseKey(key: string): ParsedKey | null {
  if (!key.startsWith(prefix)) return null;
  const name = key.slice(prefix.length);
  for (const [part, ending] of Object.entries(loraParts) as [LoraPart, string][]) {
    if (name.endsWith(`.${ending}`)) {
      return { kind: 'lora', part, module: name.slice(0, -ending.length - 1) };
    }
  }
  return /\.lora_[^.]*(\.|$)/.test(name)
    ? null
    : { kind: 'parameter', parameter: name.replace(/\.base_layer(\.[^.]+)$/, '$1') };
}
