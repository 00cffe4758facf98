/** The schedule of apca, and what a run must offer to it. */
import type { TrainingPlan } from './method.js';

/** The epochs of the schedule (0-based). */
export const collectingEpoch = 1;
export const selectingEpoch = 2;

/** @throws when the plan has no epoch for the selected nodes, or too few steps for the graphical model */
export function checkApcaPlan({ epochs, stepsPerEpoch }: TrainingPlan): void {
  if (epochs <= selectingEpoch) {
    throw new Error(
      `apca: epochs must be at least ${selectingEpoch + 1} (one to train every node, one to collect scores, the rest ` +
        `to train the selected nodes); got ${epochs}`,
    );
  }
  if (stepsPerEpoch < 2) {
    throw new Error(
      `apca: the graphical model needs at least 2 samples, one a training step of the second epoch; ` +
        `this plan gives ${stepsPerEpoch}: use more training examples or a smaller batch`,
    );
  }
}
