/** Steps traced by tfjs-onnx and run as sessions of ONNX Runtime, one for each set of input shapes. */
import { compile } from '@ggm-peft/tfjs-onnx';
import type { StepKind } from './step-kind.js';
import { checkOutputs } from './step-outputs.js';

export interface SessionOptions {
  /** ONNX Runtime's name of what computes. */
  readonly provider: 'cpu' | 'cuda' | 'webgpu';
  /** Threads of one operator on the CPU. */
  readonly threads: number;
}

export function compiledSteps({ provider, threads }: SessionOptions): StepKind {
  return {
    shapes: 'few',
    prepare({ step, variables, streams }) {
      const compiled = compile((inputs, random) => checkOutputs(step(inputs, random)), {
        variables,
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
