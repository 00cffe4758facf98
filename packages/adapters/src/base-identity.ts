/**
 * Which weights an adapter belongs to: a name for people, and a hash for programs. The hash is over the encoder's parameters
 * alone, by name: not over the file that they came from, and not over the head, which an adapter brings along. It is the
 * same on every engine, for reading a float32 value does not change it.
 */
import { createHash } from 'node:crypto';

import type { AdaptableModel } from './model.js';

export interface BaseIdentity {
  /** What people call the base model: a folder's name, or its name on a model hub. */
  readonly id: string;
  /** SHA-256 of its weights, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * The identity of the weights that the model holds now: take it before a method is attached, which changes them. It reads
 * every encoder weight once.
 * @param id what people call the model
 * @throws when a layer carries an adapter
 */
export async function baseIdentity(
  id: string,
  { layers, parameters }: AdaptableModel,
): Promise<BaseIdentity> {
  const adapted = layers.find(({ pair }) => pair !== null);
  if (adapted !== undefined) {
    throw new Error(
      `baseIdentity: the model must hold its base weights; ${adapted.name} carries an adapter already`,
    );
  }
  const hash = createHash('sha256');
  const encoder = parameters.filter(({ role }) => role === 'encoder');
  for (const { name, variable } of encoder.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { buffer, byteOffset, byteLength } = await variable.data<'float32'>();
    hash.update(`${name}\n${variable.shape.join(' ')}\n`);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return { id, sha256: hash.digest('hex') };
}
