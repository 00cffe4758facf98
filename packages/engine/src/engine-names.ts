/** The engines that there are, fastest first: the order in which `auto` tries them. */

export const engineNames = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

export type EngineName = (typeof engineNames)[number];

/** Whether an engine drives a GPU. */
export function deviceOf(name: EngineName): 'cpu' | 'gpu' {
  return name === 'tfjs-node-gpu' || name === 'webgpu' ? 'gpu' : 'cpu';
}

export function isEngineName(name: unknown): name is EngineName {
  return engineNames.some((known) => known === name);
}
