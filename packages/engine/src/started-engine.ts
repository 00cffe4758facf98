/** An engine around a started backend: it refuses what cannot work any more, and keeps track of its steps. */
import { checkKnownKeys } from '@ggm-peft/tfjs-onnx';
import { eagerStreams } from '@ggm-peft/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { CompiledStep, CompileOptions, Engine, Step, StreamOptions } from './engine.js';
import { deviceOf, type EngineName } from './engine-names.js';
import type { PreparedStep, StepKind } from './steps/step-kind.js';

/** A started backend. */
export interface StartedBackend {
  /** tfjs's name of where tensors live. */
  readonly backendName: string;
  readonly steps: StepKind;
  /** Undoes what starting it did; tfjs runs on its cpu backend by then. */
  stop(): void | Promise<void>;
}

/** tfjs's backend whose tensors are typed arrays on the host. */
const hostBackend = 'cpu';

export function startedEngine(name: EngineName, description: string, backend: StartedBackend): Engine {
  const { backendName, steps } = backend;
  const prepared = new Set<PreparedStep>();
  let disposed = false;

  const checkUsable = (caller: string): void => {
    if (disposed)
      throw new Error(`${caller}: the engine ${name} was disposed of; start it again with startEngine`);
    if (tf.getBackend() !== backendName) {
      throw new Error(
        `${caller}: the engine ${name} needs tfjs's backend ${backendName}, but it is ${tf.getBackend()} now; use one engine at a time and don't call tf.setBackend`,
      );
    }
  };

  return {
    name,
    description,
    device: deviceOf(name),
    shapes: steps.shapes,
    memory: backendName === hostBackend ? 'host' : 'device',

    compile<S extends string = never>(step: Step<S>, options: CompileOptions<S> = {}): CompiledStep {
      checkUsable('compile');
      if (typeof step !== 'function') throw new Error(`compile: step must be a function; got ${typeof step}`);
      checkKnownKeys('compile', options, ['variables', 'frozen', 'streams']);
      const streams: Readonly<Record<string, StreamOptions>> = options.streams ?? {};
      // Checks the seeds
      eagerStreams(streams, 0);
      const { variables = [], frozen = [] } = options;
      for (const variable of frozen) {
        if (!variables.includes(variable))
          throw new Error(
            `compile: frozen must hold variables of options.variables; ${variable.name} is none of them`,
          );
      }
      const ready = steps.prepare({ step, variables, frozen, streams });
      prepared.add(ready);
      let runs = 0;
      return {
        async run(inputs, { draw = runs } = {}) {
          checkUsable('run');
          if (!prepared.has(ready)) throw new Error('run: this step was disposed of; compile it again');
          if (!Number.isSafeInteger(draw) || draw < 0)
            throw new Error(`run: draw must be an integer of at least 0; got ${draw}`);
          runs++;
          return ready.run(inputs, draw);
        },
        async dispose() {
          if (prepared.delete(ready)) await ready.dispose();
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
      await Promise.all([...prepared].map((ready) => ready.dispose()));
      prepared.clear();
      if (tf.getBackend() === backendName) await tf.setBackend(hostBackend);
      await backend.stop();
    },
  };
}
