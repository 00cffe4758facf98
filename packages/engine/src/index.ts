export type {
  CompiledStep,
  CompileOptions,
  Engine,
  NamedTensors,
  RandomStream,
  RunOptions,
  Step,
  StreamOptions,
} from './engine.js';
export type { WeightType } from './backends/backend.js';
export { type EngineName, engineNames } from './engine-names.js';
export { type Measurement, measureEngine, type MeasureOptions } from './measure.js';
export { publishedKernels } from './published-kernels.js';
export { type KernelRecord, recordKernels } from './record-kernels.js';
export { type EngineOptions, type EngineReport, probeEngines, startEngine } from './start-engine.js';
