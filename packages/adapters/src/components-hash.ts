/**
 * A hash of what `decompose` gave for a method's sites. Components are not stored, for they follow from the base weights
 * bit for bit: whoever computes them again compares the hash, and so learns of a library whose bits differ.
 */
import { createHash } from 'node:crypto';

export interface NamedComponents {
  /** The site's name. */
  readonly name: string;
  /** A [out, rank] and B [rank, in] */
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** SHA-256 over every site's name, A and B, in hexadecimal digits. */
export function componentsHash(sites: readonly NamedComponents[]): string {
  const hash = createHash('sha256');
  for (const { name, a, b } of sites) {
    hash.update(`${name}\n${a.length} ${b.length}\n`);
    for (const { buffer, byteOffset, byteLength } of [a, b]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest('hex');
}
