/** Methods that put pairs into layers begin with a model that has none. */
import type { AdaptableModel } from '../model.js';

/** @throws when a layer of the model carries a pair */
export function requireBare(caller: string, { layers }: AdaptableModel): void {
  const loaded = layers.find(({ pair }) => pair !== null);
  if (loaded !== undefined) {
    throw new Error(`${caller}: ${loaded.name} carries an adapter already; detach it first`);
  }
}
