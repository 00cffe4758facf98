/** What tfjs hands to a kernel, checked. */
import type * as tf from '@tensorflow/tfjs';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

export type KernelParameters = Parameters<tf.KernelFunc>[0];

export function wasmBackend(backend: unknown, kernel: string): BackendWasm {
  if (backend instanceof BackendWasm) return backend;
  throw new Error(
    `${kernel}: expected the wasm backend; received another. Is @tensorflow/tfjs-backend-wasm installed twice?`,
  );
}

export function input({ inputs }: KernelParameters, name: string, kernel: string): tf.TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`${kernel}: expected the input ${name}; received none`);
  return tensor;
}

/** A kernel's attribute that is an axis or several of them; undefined for anything else. */
export function axes({ attrs }: KernelParameters): number[] | undefined {
  const axis: unknown = attrs?.['axis'];
  if (typeof axis === 'number') return [axis];
  if (!Array.isArray(axis)) return undefined;
  const entries: readonly unknown[] = axis;
  const numbers = entries.filter((entry) => typeof entry === 'number');
  return numbers.length === entries.length ? numbers : undefined;
}
