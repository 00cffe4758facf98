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
export { ggmProblem } from './problem/ggm-problem.js';
export {
  type ColumnProblem,
  type CommonProblem,
  type EntryProblem,
  type GgmProblem,
  type GgmProblemInput,
  type Structure,
} from './problem/problem.js';
export { type PenaltyTerm } from './problem/penalty-term.js';
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
  type CommonAllocation,
  type AllocationOptions,
  type ExactAllocationOptions,
  type ReferenceAllocationOptions,
} from './selection/allocate-nodes.js';
export { referenceBcd, type ReferenceBcdInput, type ReferenceFit } from './reference/reference-bcd.js';
export { type CovarianceEstimate, type Estimator, type ShrunkCovariance } from './data/estimate.js';
export { correlation, covariance, type CovarianceOptions } from './data/covariance.js';
export { ledoitWolf } from './data/ledoit-wolf.js';
export {
  schaeferStrimmer,
  shrinkCorrelation,
  type SchaeferStrimmerOptions,
  type ShrunkCorrelation,
} from './data/schaefer-strimmer.js';
export {
  rankCorrelation,
  type RankCorrelation,
  type RankCorrelationOptions,
} from './data/rank-correlation.js';
export {
  pairwiseCorrelation,
  pairwiseCovariance,
  type PairObservations,
  type PairwiseCorrelationOptions,
  type PairwiseCovarianceOptions,
  type PairwiseEstimate,
} from './data/pairwise.js';
export {
  nearestPositiveDefinite,
  type NearestPositiveDefinite,
  type NearestPositiveDefiniteOptions,
} from './data/nearest-positive-definite.js';
export { tauMax, type TauMax } from './tuning/tau-max.js';
export { fitPath, type FitProgress, type PathOptions, type PathPoint } from './tuning/path.js';
export { type GgmPathInput, type PathFitOptions } from './tuning/path-input.js';
export { type TauGridOptions } from './tuning/tau-grid.js';
export {
  aic,
  bic,
  defaultGamma,
  ebic,
  logLikelihood,
  type CriterionData,
  type InformationCriterion,
} from './tuning/criteria.js';
export { refit } from './tuning/refit.js';
export { selectTau } from './tuning/select-tau.js';
export {
  type CrossValidationOptions,
  type InformationOptions,
  type SelectTauOptions,
  type StarsOptions,
} from './tuning/select-tau-options.js';
export { type TauCriterion, type TauScore, type TauSelection } from './tuning/tau-selection.js';
export { matrixToCsv, type MatrixCsvOptions } from './export/matrix-to-csv.js';
export { toEdgeCsv } from './export/to-edge-csv.js';
export { toGraphMl, type GraphMlOptions } from './export/to-graph-ml.js';
export { connectedComponents } from './reading/connected-components.js';
export { edges, type Edge, type EdgeOptions, type EdgeRule } from './reading/edges.js';
export {
  importantNodeScores,
  type NodeScore,
  type NodeScoreKind,
  type NodeScoreOptions,
} from './reading/important-node-scores.js';
export { nodeStrengths, type NodeStrengths } from './reading/node-strengths.js';
export { partialCorrelations } from './reading/partial-correlations.js';
export { type PrecisionEstimate, type PrecisionLike } from './reading/precision-estimate.js';
export { summary, type GraphSummary, type SummaryOptions } from './reading/summary.js';
