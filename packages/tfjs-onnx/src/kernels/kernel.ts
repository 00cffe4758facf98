/** How a tfjs kernel becomes ONNX operators. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';
import type { KernelArguments } from '../trace/kernel-arguments.js';

export type KernelRecorder = (graph: Graph, args: KernelArguments) => Value | Value[];

/** Recorders by tfjs's name of the kernel. */
export type KernelFamily = Readonly<Record<string, KernelRecorder>>;
