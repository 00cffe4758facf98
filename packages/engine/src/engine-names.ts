/** The engines that there are, fastest first: the order in which `auto` tries them. */

export const engineNames = [
  'tfjs-node-gpu',
  'onnx-cuda',
  'onnx-webgpu',
  'webgpu',
  'onnx',
  'tfjs-node',
  'wasm',
  'cpu',
] as const;

export type EngineName = (typeof engineNames)[number];

const gpuEngines: readonly EngineName[] = ['tfjs-node-gpu', 'onnx-cuda', 'onnx-webgpu', 'webgpu'];

/** Whether an engine drives a GPU. */
export function deviceOf(name: EngineName): 'cpu' | 'gpu' {
  return gpuEngines.includes(name) ? 'gpu' : 'cpu';
}

export function isEngineName(name: unknown): name is EngineName {
  return engineNames.some((known) => known === name);
}
