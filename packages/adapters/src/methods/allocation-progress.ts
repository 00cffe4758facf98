/** An allocation as part of a method's progress: its strengths as float64 values, all else as JSON. */
import type { Allocation } from './method.js';
import type { ProgressReader } from './progress-reader.js';
import type { MethodProgress, ProgressTensor } from './progress.js';

/** @returns entries of a progress, which name no others than `allocation` and `strengths` */
export function allocationProgress(allocation: Allocation | null): MethodProgress {
  if (allocation === null) return { tensors: new Map(), data: { allocation: null } };
  const { strengths, ...rest } = allocation;
  const tensor: ProgressTensor = { shape: [strengths.length], data: strengths };
  return { tensors: new Map([['strengths', tensor]]), data: { allocation: rest } };
}

/**
 * @param nodes how many there are
 * @throws when there is none, or one of other nodes
 */
export function readAllocation(read: ProgressReader, nodes: number): Allocation | null {
  const stored = read.value('allocation', `null or an allocation of ${nodes} nodes`, isStored);
  return stored === null ? null : { ...stored, strengths: read.float64('strengths', [nodes]) };
}

function isStored(value: unknown): value is Omit<Allocation, 'strengths'> | null {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  return (
    'selection' in value &&
    typeof value.selection === 'string' &&
    'nodes' in value &&
    Array.isArray(value.nodes) &&
    'selected' in value &&
    isIndices(value.selected) &&
    'important' in value &&
    isIndices(value.important) &&
    'dead' in value &&
    isIndices(value.dead) &&
    'samples' in value &&
    typeof value.samples === 'number' &&
    'solver' in value &&
    typeof value.solver === 'object'
  );
}

export const isIndices = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
