/** What there is to know about an engine's backend: whether it works here, and how to start it. */
import type { StartedBackend } from '../started-engine.js';

/** Whether a backend works on this machine. Reasons and descriptions are single lines. */
export type Probe =
  | {
      readonly works: true;
      /** What it is: device, threads, version. */
      readonly description: string;
      /** Whether `auto` may choose it: not where it would run a GPU's engine in software. */
      readonly eligible: boolean;
    }
  | {
      readonly works: false;
      readonly reason: string;
      /** What to try. */
      readonly advice: string;
    };

/** What frozen weights are kept in. */
export type WeightType = 'float32' | 'float16';

export interface BackendOptions {
  readonly weights: WeightType;
  /** CPU threads, for the engines that let themselves be told (onnx, wasm). */
  readonly threads: number;
  /** How long a probe in another process may take. */
  readonly probeSeconds: number;
}

export interface Backend {
  /** What computes: library and device. */
  readonly provider: string;
  /** What it can keep frozen weights in. */
  readonly weights: readonly WeightType[];
  /** The CPU threads that it will use; null where it doesn't let itself be told. */
  threads(options: BackendOptions): number | null;
  /** Never throws and never takes the process down. */
  probe(options: BackendOptions): Promise<Probe>;
  /** Starts it as tfjs's current backend. Called only after a probe that works. */
  start(options: BackendOptions): Promise<StartedBackend>;
}
