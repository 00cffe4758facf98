/** Loss or outputs stopped being finite. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError';
}
