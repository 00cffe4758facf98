/**
 * AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) with clipping by the global norm (Pascanu et al. 2013, arXiv
 * 1211.5063), with the arithmetic of PyTorch's `torch.optim.AdamW` and `clip_grad_norm_`:
 *
 *   g ← g · min(1, c / (‖g‖ + 1e-6)),  ‖g‖ the norm of all gradients together
 *   m ← β1 m + (1 − β1) g,   v ← β2 v + (1 − β2) g²
 *   w ← w − η ω w − η · (m / (1 − β1^t)) / (√(v / (1 − β2^t)) + ε)
 *
 * There are two implementations: one in tfjs ops, for tensors that live on a device, and one in a single pass over
 * arrays, for tensors in host memory.
 */
import type { Trainable } from '@ggm-peft/adapters';
import type { Engine } from '@ggm-peft/engine';

import { HostAdamW } from './host-adamw.js';
import { readOptions } from './optimiser-options.js';
import type { OptimiserOptions } from './optimiser-options.js';
import type { Optimiser } from './optimiser.js';
import { TensorAdamW } from './tensor-adamw.js';

/**
 * @param engine where the trainables live
 * @param trainables what it trains at first
 * @param options see OptimiserOptions
 */
export function adamW(
  { memory }: Pick<Engine, 'memory'>,
  trainables: readonly Trainable[],
  options: OptimiserOptions = {},
): Optimiser {
  const checked = readOptions(options);
  return memory === 'host' ? new HostAdamW(trainables, checked) : new TensorAdamW(trainables, checked);
}
