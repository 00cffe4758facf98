/** Reads a method's progress with checks: errors name the method and the entry, what was expected and what came. */
import type { MethodProgress } from './progress.js';

export class ProgressReader {
  readonly #method: string;
  readonly #progress: MethodProgress;

  constructor(method: string, progress: MethodProgress) {
    this.#method = method;
    this.#progress = progress;
  }

  float64(name: string, shape: readonly number[]): Float64Array {
    const data = this.#tensor(name, shape);
    if (data instanceof Float64Array) return data;
    throw this.#error(name, 'float64 values', 'float32');
  }

  float32(name: string, shape: readonly number[]): Float32Array {
    const data = this.#tensor(name, shape);
    if (data instanceof Float32Array) return data;
    throw this.#error(name, 'float32 values', 'float64');
  }

  /** An integer of at least `least`. */
  whole(name: string, least: number): number {
    const value = this.#progress.data[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw this.#error(name, `an integer of at least ${least}`, JSON.stringify(value));
  }

  /** Requires a value. */
  same(name: string, expected: string): void {
    const value = this.#progress.data[name];
    if (value !== expected) throw this.#error(name, expected, JSON.stringify(value));
  }

  /** A value that the test accepts. */
  value<T>(name: string, expected: string, accepts: (value: unknown) => value is T): T {
    const value = this.#progress.data[name];
    if (accepts(value)) return value;
    throw this.#error(name, expected, JSON.stringify(value));
  }

  #tensor(name: string, shape: readonly number[]): Float32Array | Float64Array {
    const tensor = this.#progress.tensors.get(name);
    if (tensor?.shape.join() === shape.join()) return tensor.data;
    const came = tensor === undefined ? 'none' : `[${tensor.shape.join(', ')}]`;
    throw this.#error(name, `[${shape.join(', ')}]`, came);
  }

  #error(name: string, expected: string, came: string | undefined): Error {
    return new Error(`${this.#method}: progress ${name} must be ${expected}; got ${came ?? 'nothing'}`);
  }
}
