/** Methods of one object replaced, and given back. */

/**
 * Puts a method of its own on an object, in front of its class's.
 * @param make gets the method that was there, unbound
 * @returns what takes the replacement away
 */
export function replaceMethod<T extends object, K extends keyof T>(
  target: T,
  name: K,
  make: (original: T[K]) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value: make(target[name]),
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}
