/**
 * Jest's Node environment with Node's own typed arrays. Jest gives every test file a global object of its own, but ONNX
 * Runtime's native part makes arrays of the outer one, which the inner `instanceof` does not know.
 */
import { TestEnvironment } from 'jest-environment-node';

export default class NodeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of [ArrayBuffer, BigInt64Array, Float32Array, Int32Array, Uint8Array])
      this.global[type.name] = type;
  }
}
