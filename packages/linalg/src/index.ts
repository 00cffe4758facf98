export { Matrix } from './matrix.js';
export { transpose } from './transpose.js';
export { fromEigen, gram, multiply, multiplyTransposedLeft, multiplyTransposedRight } from './multiply.js';
export {
  euclideanNorm,
  frobeniusNorm,
  largestMagnitude,
  requireFinite,
  requireSymmetric,
  traceOfProduct,
} from './norms.js';
export { symmetricEigen, type SymmetricEigen } from './eigen/symmetric-eigen.js';
export {
  cholesky,
  choleskyInverse,
  choleskySolve,
  logDeterminant,
  type CholeskyOptions,
  type CholeskyResult,
} from './cholesky.js';
export { truncatedSvd, type TruncatedSvd, type TruncatedSvdOptions } from './svd/truncated-svd.js';
export { checkOptions } from './check-options.js';
export { lpThreshold, proxLp, proxLpFixedIterations } from './prox/lp.js';
export { proxGroup } from './prox/group.js';
