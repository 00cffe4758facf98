/** What convolutions and pooling share: layouts, and their attributes as tfjs's own shape arithmetic wants them. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import { numberPair, type KernelArguments } from '../trace/kernel-arguments.js';

type Explicit = [[number, number], [number, number], [number, number], [number, number]];

/** [batch, h, w, channels] → [batch, channels, h, w] */
export const toChannelsFirst = (graph: Graph, x: Value): Value => graph.transpose(x, [0, 3, 1, 2]);

/** [batch, channels, h, w] → [batch, h, w, channels] */
export const toChannelsLast = (graph: Graph, x: Value): Value => graph.transpose(x, [0, 2, 3, 1]);

export function four(shape: readonly number[]): [number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  return [a, b, c, d];
}

/** An attribute for both directions: one number, or [vertical, horizontal]. */
export function pairOf(args: KernelArguments, name: string): [number, number] {
  const [vertical = 1, horizontal = vertical] = args.numbers(name);
  return [vertical, horizontal];
}

export function padOf(args: KernelArguments): 'valid' | 'same' | number | Explicit {
  const pad = args.attribute('pad');
  if (pad === 'valid' || pad === 'same' || typeof pad === 'number') return pad;
  const pairs: readonly unknown[] = Array.isArray(pad) ? pad : [];
  const at = (i: number): [number, number] => {
    const pair = numberPair(pairs[i]);
    if (pair === undefined)
      throw new Error(`${args.kernelName}: pad must be valid, same, a number or four pairs of numbers`);
    return pair;
  };
  return [at(0), at(1), at(2), at(3)];
}

export function roundingOf(args: KernelArguments): 'floor' | 'round' | 'ceil' | undefined {
  const mode = args.optionalText('dimRoundingMode');
  return mode === 'floor' || mode === 'round' || mode === 'ceil' ? mode : undefined;
}
