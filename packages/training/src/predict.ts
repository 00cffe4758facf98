/**
 * The model's outputs on a set of examples. Batches hold examples of similar length, which changes nothing but the
 * padding; outputs come back in the examples' own order.
 */
import type { Trainable, TrainableModel } from '@ggm-peft/adapters';
import type { CompiledStep, Engine } from '@ggm-peft/engine';

import type { BatchSource } from './batches.js';
import { TrainingDivergedError } from './diverged.js';
import { forwardParts } from './forward-parts.js';
import type { ForwardOptions } from './forward-parts.js';
import { frozenVariables, modelVariables } from './model-variables.js';

/** Logits on the host, row-major [size, outputs]. */
export interface Predictions {
  readonly logits: Float32Array;
  readonly outputs: number;
}

export interface PredictOptions extends ForwardOptions {
  /** Called after each batch with the number of examples done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Compiles the model's forward pass as it is now, without dropout, for `predict`. It is for the adapters that the model's
 * layers carry now: an engine that has recorded them would go on computing with them after they have been exchanged. So
 * running it then is an error, on every engine; values may change.
 * @param trainables what trains, where the engine keeps weights that don't in float16; default: everything
 */
export function compileForward(
  engine: Engine,
  model: TrainableModel,
  trainables?: readonly Trainable[],
): CompiledStep {
  const variables = modelVariables(model);
  const compiled = engine.compile((inputs) => ({ logits: model.logits(inputs, null) }), {
    variables,
    frozen: trainables === undefined ? [] : frozenVariables(variables, trainables),
  });
  const pairs = model.layers.map(({ pair }) => pair);
  return {
    run: (inputs, options) => {
      const changed = model.layers.find(({ pair }, i) => pair !== pairs[i]);
      if (changed === undefined) return compiled.run(inputs, options);
      throw new Error(
        `compileForward: the forward pass must be compiled again: ${changed.name} carried another adapter, or none, ` +
          `when it was compiled`,
      );
    },
    dispose: () => compiled.dispose(),
  };
}

/**
 * Runs a compiled forward pass over a source.
 * @param engine that it was compiled on, which decides on the batches' shapes
 * @throws TrainingDivergedError when a logit is not finite
 */
export async function predict(
  engine: Pick<Engine, 'device' | 'shapes'>,
  forward: CompiledStep,
  source: BatchSource,
  { onProgress, ...options }: PredictOptions = {},
): Promise<Predictions> {
  let outputs = 0;
  let done = 0;
  let logits = new Float32Array(0);
  for await (const { part, values } of forwardParts(engine, forward, 'logits', source, options)) {
    if (!values.every(Number.isFinite)) {
      throw new TrainingDivergedError(
        'predict: the logits are not finite: the weights have diverged or are damaged',
      );
    }
    if (outputs === 0) {
      outputs = values.length / part.rows;
      logits = new Float32Array(source.size * outputs);
    }
    part.indices.forEach((index, row) => {
      logits.set(values.slice(row * outputs, (row + 1) * outputs), index * outputs);
    });
    done += part.indices.length;
    onProgress?.(done, source.size);
  }
  return { logits, outputs };
}
