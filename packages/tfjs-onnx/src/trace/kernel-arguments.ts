/** A kernel's inputs and attributes, checked as they are read: tfjs passes both untyped. */
import type * as tf from '@tensorflow/tfjs';
import type { Value } from '../graph/value.js';
import type { Trace } from './trace.js';

export class KernelArguments {
  constructor(
    readonly kernelName: string,
    private readonly trace: Trace,
    /** Optional inputs that are not given are undefined or null. */
    private readonly given: Readonly<Record<string, tf.TensorInfo | null | undefined>>,
    private readonly attributes: Readonly<Record<string, unknown>>,
  ) {}

  input(name: string): Value {
    const value = this.optionalInput(name);
    if (value === undefined) throw new Error(`${this.kernelName}: input ${name} is missing`);
    return value;
  }

  optionalInput(name: string): Value | undefined {
    const info = this.given[name];
    return info ? this.trace.valueOf(info) : undefined;
  }

  /** The inputs of a kernel that takes a list. */
  list(): Value[] {
    return Object.keys(this.given).map((name) => this.input(name));
  }

  attribute(name: string): unknown {
    return this.attributes[name];
  }

  number(name: string): number {
    const value = this.attributes[name];
    if (typeof value !== 'number') throw this.#wrong(name, 'a number');
    return value;
  }

  /** A list of numbers; a single one counts as a list. */
  numbers(name: string): number[] {
    const value = this.attributes[name];
    if (typeof value === 'number') return [value];
    const list: unknown[] | undefined = ArrayBuffer.isView(value)
      ? Array.from(value as unknown as ArrayLike<unknown>)
      : Array.isArray(value)
        ? value
        : undefined;
    if (list?.every((x): x is number => typeof x === 'number') !== true) throw this.#wrong(name, 'numbers');
    return list;
  }

  /** Whether an attribute is set to true; tfjs leaves some out. */
  flag(name: string): boolean {
    return this.attributes[name] === true;
  }

  optionalText(name: string): string | undefined {
    const value = this.attributes[name];
    return typeof value === 'string' ? value : undefined;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw this.#wrong(name, 'text');
    return value;
  }

  #wrong(name: string, expected: string): Error {
    return new Error(
      `${this.kernelName}: attribute ${name} must be ${expected}; got ${JSON.stringify(this.attributes[name])}`,
    );
  }
}

/** A pair of numbers, or undefined if it is anything else. */
export function numberPair(value: unknown): [number, number] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: readonly unknown[] = value;
  const [before, after] = list;
  return typeof before === 'number' && typeof after === 'number' ? [before, after] : undefined;
}

/** An attribute that holds a pair for each axis, such as paddings: [before, after]. */
export function numberPairs(args: KernelArguments, name: string): [number, number][] {
  const pairs = args.attribute(name);
  if (!Array.isArray(pairs)) throw new Error(`${args.kernelName}: ${name} must be a list`);
  return pairs.map((value: unknown) => {
    const pair = numberPair(value);
    if (pair === undefined) throw new Error(`${args.kernelName}: ${name} must be pairs of numbers`);
    return pair;
  });
}

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The axes that a reduction is over, counted from the front; none given means all. */
export function axesOf(attribute: unknown, rank: number): number[] {
  const all = Array.from({ length: rank }, (_, i) => i);
  if (typeof attribute === 'number') return rank === 0 ? [] : [axisOf(attribute, rank)];
  if (!Array.isArray(attribute)) return all;
  return attribute
    .filter((axis): axis is number => typeof axis === 'number')
    .map((axis) => axisOf(axis, rank));
}
