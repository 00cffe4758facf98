export type { CompiledStep, CompileOptions, Engine, NamedTensors, Step } from './engine.js';
export { type EngineName, engineNames } from './engineNames.js';
export { publishedKernels } from './publishedKernels.js';
export { type KernelRecord, recordKernels } from './recordKernels.js';
export { type EngineOptions, type EngineReport, probeEngines, startEngine } from './startEngine.js';
