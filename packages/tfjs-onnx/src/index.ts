export { compile } from './compile.js';
export type { CompiledFunction, CompileOptions, RunOptions } from './compile.js';
export { attentionWeights } from './fused/attention-weights.js';
export { gelu } from './fused/gelu.js';
export { layerNorm } from './fused/layer-norm.js';
export { supportedKernels } from './kernels/register.js';
export { eagerStreams } from './streams/stream.js';
export type { RandomStream, StreamOptions } from './streams/stream.js';
export type { NamedTensors, Traceable } from './trace/trace-function.js';
