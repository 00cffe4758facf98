/**
 * How many triplets may stay after each step (Zhang et al. 2023, eq. 12):
 *
 *   b(t) = b₀                                                  t ≤ t_i       training alone
 *   b(t) = b_T + (b₀ − b_T) (1 − (t − t_i)/(T − t_i − t_f))³   in between    the budget falls, every ΔT steps
 *   b(t) = b_T                                                 t ≥ T − t_f   what is kept stays the same
 *
 * with t the steps taken and T all of them. The budget is rounded down, as in Hugging Face PEFT.
 */
import type { TrainingPlan } from './method.js';

/** When the budget falls, in training steps. */
export interface BudgetPhases {
  /** t_i, steps before the budget begins to fall; default a tenth of all. */
  readonly initialSteps?: number;
  /** t_f, steps with the final budget; default half of all. */
  readonly finalSteps?: number;
  /** ΔT, steps from one allocation to the next; default 1. */
  readonly interval?: number;
}

/** The default phases' shares of all steps, about those of the paper's runs on GLUE. */
const initialShare = 0.1;
const finalShare = 0.5;

/** The phases of a plan, with the step after which the budget is the final one. */
export interface PlannedPhases extends Required<BudgetPhases> {
  readonly settledStep: number;
}

/** @throws when the phases leave no step in which the budget could fall */
export function planPhases({ epochs, stepsPerEpoch }: TrainingPlan, phases: BudgetPhases): PlannedPhases {
  const total = epochs * stepsPerEpoch;
  const {
    initialSteps = Math.floor(initialShare * total),
    finalSteps = Math.floor(finalShare * total),
    interval = 1,
  } = phases;
  for (const [name, value, least] of [
    ['initialSteps', initialSteps, 0],
    ['finalSteps', finalSteps, 0],
    ['interval', interval, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new Error(`adalora: ${name} must be an integer of at least ${least}; got ${value}`);
    }
  }
  if (initialSteps + finalSteps >= total) {
    throw new Error(
      `adalora: initialSteps and finalSteps must leave at least one of the training's ${total} steps for the budget ` +
        `to fall in; got ${initialSteps} and ${finalSteps}`,
    );
  }
  return { initialSteps, finalSteps, interval, settledStep: total - finalSteps };
}

/**
 * The budget after a step.
 * @param step steps taken, from 1
 * @param initial b₀, triplets of all sites
 * @param target b_T
 * @returns null where nothing is allocated after that step
 */
export function budgetAfter(
  step: number,
  { initialSteps, interval, settledStep }: PlannedPhases,
  initial: number,
  target: number,
): number | null {
  if (step >= settledStep) return target;
  if (step <= initialSteps || step % interval !== 0) return null;
  const left = 1 - (step - initialSteps) / (settledStep - initialSteps);
  return Math.floor(target + (initial - target) * left ** 3);
}
