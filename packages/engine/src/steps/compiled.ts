/** Steps traced by tfjs-onnx and run as sessions of ONNX Runtime, one for each set of input shapes. */
import { compile } from '@ggm-peft/tfjs-onnx';
import type * as tf from '@tensorflow/tfjs';
import type { WeightType } from '../backends/backend.js';
import type { StepKind } from './step-kind.js';
import { checkOutputs } from './step-outputs.js';

export interface SessionOptions {
  /** ONNX Runtime's name of what computes. */
  readonly provider: 'cpu' | 'cuda' | 'webgpu';
  /** Threads of one operator on the CPU. */
  readonly threads: number;
  readonly weights: WeightType;
}

/** Vectors stay as they are: they take little, and scales and biases reach every value of a layer. */
const isMatrix = ({ dtype, rank }: tf.Variable): boolean => dtype === 'float32' && rank >= 2;

export function compiledSteps({ provider, threads, weights }: SessionOptions): StepKind {
  return {
    shapes: 'few',
    prepare({ step, variables, frozen, streams }) {
      const compiled = compile((inputs, random) => checkOutputs(step(inputs, random)), {
        variables,
        float16: weights === 'float16' ? frozen.filter(isMatrix) : [],
        streams,
        providers: [provider],
        threads,
      });
      return {
        run: (inputs, draw) => compiled.run(inputs, { draw }),
        dispose: () => compiled.dispose(),
      };
    },
  };
}
