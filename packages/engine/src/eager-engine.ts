/** An engine that runs steps as they stand, tfjs op by tfjs op, on one of tfjs's backends. */
import * as tf from '@tensorflow/tfjs';
import type { CompiledStep, CompileOptions, Engine, NamedTensors, Step } from './engine.js';
import { deviceOf, type EngineName } from './engine-names.js';
import { checkKnownKeys } from './known-keys.js';

/** A started backend. */
export interface StartedBackend {
  /** tfjs's name of it. */
  readonly backendName: string;
  /** Undoes what starting it did; tfjs runs on its cpu backend by then. */
  stop(): void | Promise<void>;
}

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

/** Runs the step in a tidy. An output that is an input or a variable becomes a tensor of its own. */
function runTidy(step: Step, inputs: NamedTensors): NamedTensors {
  return tf.tidy(() => {
    const given = new Set<unknown>(Object.values(inputs));
    const outputs: NamedTensors = {};
    // Plain JavaScript callers may return anything
    const returned: Readonly<Record<string, unknown>> = step(inputs);
    for (const [name, output] of Object.entries(returned)) {
      if (!isTensor(output)) {
        throw new Error(`run: the step's output ${name} must be a tensor; got ${typeof output}`);
      }
      outputs[name] = given.has(output) || output instanceof tf.Variable ? output.clone() : output;
    }
    return outputs;
  });
}

export function eagerEngine(name: EngineName, description: string, backend: StartedBackend): Engine {
  let disposed = false;

  const checkUsable = (caller: string): void => {
    if (disposed)
      throw new Error(`${caller}: the engine ${name} was disposed of; start it again with startEngine`);
    if (tf.getBackend() !== backend.backendName) {
      throw new Error(
        `${caller}: the engine ${name} needs tfjs's backend ${backend.backendName}, but it is ${tf.getBackend()} now; use one engine at a time and don't call tf.setBackend`,
      );
    }
  };

  return {
    name,
    description,
    device: deviceOf(name),

    compile(step: Step, options: CompileOptions = {}): CompiledStep {
      checkUsable('compile');
      if (typeof step !== 'function') throw new Error(`compile: step must be a function; got ${typeof step}`);
      checkKnownKeys('compile', options, ['variables', 'drawsOnHost']);
      let freed = false;
      return {
        run(inputs) {
          return Promise.resolve().then(() => {
            checkUsable('run');
            if (freed) throw new Error('run: this step was disposed of; compile it again');
            return runTidy(step, inputs);
          });
        },
        dispose() {
          freed = true;
        },
      };
    },

    async read(tensor) {
      checkUsable('read');
      // Not dataSync: webgpu can't, and other backends needn't block
      return Float32Array.from(await tensor.data());
    },

    async dispose() {
      if (disposed) return;
      disposed = true;
      if (tf.getBackend() === backend.backendName) await tf.setBackend('cpu');
      await backend.stop();
    },
  };
}
