/**
 * Learning-rate schedules: a factor in (0, 1] for each optimiser step.
 *
 * `linear` rises from 1/w to 1 over w warm-up steps and falls to zero over the rest. Unlike Hugging Face's
 * `get_linear_schedule_with_warmup`, no step has rate zero: there the first step trains nothing.
 */
export type Schedule = (step: number) => number;

/** The same rate at every step. */
export const constantSchedule: Schedule = () => 1;

/**
 * @param totalSteps T, number of optimiser steps
 * @param warmUp share of the steps that warm up, in [0, 1); default 0.06 (RoBERTa, Liu et al. 2019, table 10)
 */
export function linearSchedule(totalSteps: number, warmUp = 0.06): Schedule {
  if (!Number.isSafeInteger(totalSteps) || totalSteps < 1) {
    throw new Error(`linearSchedule: totalSteps must be an integer of at least 1; got ${totalSteps}`);
  }
  if (!(warmUp >= 0 && warmUp < 1)) {
    throw new Error(`linearSchedule: warmUp must be a share of the steps in [0, 1); got ${warmUp}`);
  }
  const warmUpSteps = Math.floor(totalSteps * warmUp);
  return (step) =>
    step < warmUpSteps
      ? (step + 1) / warmUpSteps
      : Math.max(0, (totalSteps - step) / (totalSteps - warmUpSteps));
}
