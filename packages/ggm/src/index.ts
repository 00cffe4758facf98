export { fitGgm, type FitOptions } from './fit-ggm.js';
export {
  cappedL1Penalty,
  etpPenalty,
  gemanPenalty,
  l0Penalty,
  l1Penalty,
  laplacePenalty,
  logSumPenalty,
  lpPenalty,
  mcpPenalty,
  scadPenalty,
  type LpPenalty,
  type Penalty,
} from '@ggm-peft/linalg';
export {
  ggmProblem,
  type ColumnProblem,
  type EntryProblem,
  type GgmProblem,
  type GgmProblemInput,
  type Structure,
} from './problem/problem.js';
export { type Group } from './problem/groups.js';
export { objective } from './problem/objective.js';
export { stationarity } from './problem/stationarity.js';
export {
  type AbortFlag,
  type FitStatus,
  type GgmFit,
  type HistoryEntry,
  type SolveOptions,
} from './solvers/solve.js';
export { type SolverName } from './solvers/choose-solver.js';
export { type StartingPoint } from './solvers/solver.js';
export {
  transformScores,
  type ScoreTransform,
  type TransformedScores,
  type TransformOptions,
} from './samples/transform-scores.js';
export { shrinkCorrelation, type ShrunkCorrelation } from './data/schaefer-strimmer.js';
export { importantNodes } from './selection/important-nodes.js';
export {
  selectNodes,
  type NodeSelection,
  type RankBy,
  type SelectNodesInput,
} from './selection/select-nodes.js';
export {
  allocateNodes,
  type Allocation,
  type AllocationOptions,
  type ExactAllocationOptions,
  type ReferenceAllocationOptions,
} from './selection/allocate-nodes.js';
export { referenceBcd, type ReferenceBcdInput, type ReferenceFit } from './reference/reference-bcd.js';
