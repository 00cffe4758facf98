export { Matrix } from './matrix.js';
export { transpose } from './transpose.js';
export { fromEigen, gram, multiply, multiplyTransposedLeft, multiplyTransposedRight } from './multiply.js';
export {
  euclideanNorm,
  frobeniusNorm,
  largestMagnitude,
  requireFinite,
  requireMatrix,
  requireSymmetric,
  traceOfProduct,
} from './norms.js';
export { symmetricEigen, symmetricEigenvalues, type SymmetricEigen } from './eigen/symmetric-eigen.js';
export {
  cholesky,
  choleskyInverse,
  choleskySolve,
  logDeterminant,
  type CholeskyOptions,
} from './cholesky.js';
export { type CholeskyResult } from './cholesky-result.js';
export { svd, type Svd } from './svd/svd.js';
export { truncatedSvd, type TruncatedSvd, type TruncatedSvdOptions } from './svd/truncated-svd.js';
export { checkOptions } from './check-options.js';
export { nearestNames } from './nearest-names.js';
export { lpThreshold, proxLp, proxLpFixedIterations } from './prox/lp.js';
export { proxGroup } from './prox/group.js';
export { proxL1 } from './prox/soft.js';
export { type Penalty } from './penalties/penalty.js';
export { l1Penalty } from './penalties/l1.js';
export { lpPenalty, type LpPenalty } from './penalties/lp.js';
export { mcpPenalty } from './penalties/mcp.js';
export { scadPenalty } from './penalties/scad.js';
export { logSumPenalty } from './penalties/log-sum.js';
export { cappedL1Penalty } from './penalties/capped-l1.js';
export { etpPenalty } from './penalties/etp.js';
export { laplacePenalty } from './penalties/laplace.js';
export { gemanPenalty } from './penalties/geman.js';
export { l0Penalty } from './penalties/l0.js';
