/**
 * Default peak learning rates, by method and by the model's width.
 *
 * Adam's best rate falls in proportion to a model's width (Yang et al. 2022, arXiv 2203.03466): 768, RoBERTa-base's, is
 * where the customary rates come from. 4e-4 is LoRA's for RoBERTa-base (Hu et al. 2022, table 9) and serves components,
 * biases and new heads; 3e-5 is the upper end of RoBERTa's own range for whole weights (Liu et al. 2019, table 10).
 */
import type { MethodName, ParameterRole } from '@ggm-peft/adapters';

const customaryWidth = 768;
const customaryRates: Readonly<Record<MethodName, number>> = {
  apca: 4e-4,
  pissa: 4e-4,
  lora: 4e-4,
  adalora: 4e-4,
  bitfit: 4e-4,
  head: 4e-4,
  full: 3e-5,
};
const customaryHeadRate = 4e-4;

/**
 * @param hiddenSize the model's width
 * @param given rates that the user chose, null for the default
 */
export function learningRates(
  method: MethodName,
  hiddenSize: number,
  given: { readonly lr: number | null; readonly headLr: number | null },
): Readonly<Record<ParameterRole, number>> {
  const scale = customaryWidth / hiddenSize;
  return {
    encoder: given.lr ?? rounded(customaryRates[method] * scale),
    head: given.headLr ?? rounded(customaryHeadRate * scale),
  };
}

/** Three digits are enough for a default, and read better in a report. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(3));
}
