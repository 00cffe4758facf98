/**
 * Jest's Node environment with Node's own typed arrays. Jest gives every test file a global object of its own, but ONNX
 * Runtime's native part makes arrays of the outer one, which the inner `instanceof` does not know.
 */
import { TestEnvironment } from 'jest-environment-node';

// A test file's own process.env is a copy that native code does not see
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export default class NodeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of [ArrayBuffer, BigInt64Array, Float32Array, Int32Array, Uint8Array])
      this.global[type.name] = type;
  }
}
