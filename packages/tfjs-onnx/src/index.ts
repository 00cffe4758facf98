export { compile } from './compile.js';
export type { CompiledFunction, CompileOptions, RunOptions } from './compile.js';
export { supportedKernels } from './kernels/register.js';
export { loadOnnxRuntime } from './run/onnx-runtime.js';
export type { OnnxRuntime } from './run/onnx-runtime.js';
export { eagerStreams } from './streams/stream.js';
export type { RandomStream, StreamOptions } from './streams/stream.js';
export type { NamedTensors, Traceable } from './trace/trace-function.js';
