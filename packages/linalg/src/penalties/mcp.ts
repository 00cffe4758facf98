/**
 * The minimax concave penalty (Zhang, Ann. Statist. 38, 2010, eq. 2.1), with knee k = γ · level:
 *
 *   g(t) = ∫₀ᵗ max(0, 1 − x/k) dx = t − t²/(2k) for t ≤ k,  k/2 beyond.
 *
 * Zhang's penalty of level λ, λ ∫₀ᵗ max(0, 1 − x/(γλ)) dx, is λ · g with `level` = λ, so a classical MCP fit has
 * τ = λ and `mcpPenalty(γ, λ)`. With the default level 1 the knee stays at γ whatever the weight.
 *
 * Its prox is firm thresholding (Gao & Bruce, Statist. Sinica 7, 1997) while w < k; from w = k on, the problem is
 * concave up to the knee and the prox is hard thresholding at √(w k), with a jump.
 */
import type { Penalty } from './penalty.js';
import { requirePositive } from './positive.js';
import { smoothSubdifferentialDistance } from './subdifferential.js';

/**
 * The minimax concave penalty.
 *
 * @param gamma γ > 0, the knee in units of `level`; default 3. Zhang asks for γ > 1, so that the prox at
 *   weight = level is continuous.
 * @param level λ > 0 inside the penalty, in the units of t; default 1.
 * @throws RangeError when a parameter is not positive and finite.
 */
export function mcpPenalty(gamma = 3, level = 1): Penalty {
  requirePositive('mcpPenalty', 'gamma', gamma);
  requirePositive('mcpPenalty', 'level', level);
  const knee = gamma * level;
  const derivative = (t: number): number => Math.max(0, 1 - t / knee);
  return {
    name: level === 1 ? `mcp(${gamma})` : `mcp(${gamma}, ${level})`,
    coercive: false,
    convex: false,
    slopeAtZero: 1,
    value: (t) => (t < knee ? t - (0.5 * t * t) / knee : 0.5 * knee),
    prox: (t, weight) => {
      if (weight >= knee) return t > Math.sqrt(weight * knee) ? t : 0;
      if (t <= weight) return 0;
      return t < knee ? (t - weight) / (1 - weight / knee) : t;
    },
    derivative,
    subdifferentialDistance: smoothSubdifferentialDistance(1, derivative),
  };
}
