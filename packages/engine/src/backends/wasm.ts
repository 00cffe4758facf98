/**
 * tfjs's WebAssembly backend, with matMul and other kernels replaced (wasm/kernel-repairs.ts). Single-threaded but for
 * products of matrices, which take as many threads as they are given.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { oneLine } from '../one-line.js';
import { eagerSteps } from '../steps/eager.js';
import { compileGemm, hasFusedMultiplyAdd, HeapGemm } from '../wasm/gemm.js';
import { GemmTeam, mostThreads } from '../wasm/gemm-team.js';
import { WasmHeap } from '../wasm/heap.js';
import type { Backend } from './backend.js';
import { removeRestartably } from './restartable.js';

const packageName = '@tensorflow/tfjs-backend-wasm';

/** The folder with the .wasm files, with a separator at its end. */
function wasmFolder(): string {
  return (
    join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), 'wasm-out') + sep
  );
}

const usedThreads = (threads: number): number => Math.min(threads, mostThreads);

function describe(threads: number): string {
  const used = usedThreads(threads);
  const fused = hasFusedMultiplyAdd() ? ', fused multiply-add' : '';
  return `WebAssembly SIMD${fused}, ${used} ${used === 1 ? 'thread' : 'threads'} for matrix products, tfjs ${tf.version_core}`;
}

export const wasmBackend: Backend = {
  provider: 'tfjs, WebAssembly',
  weights: ['float32'],
  threads: ({ threads }) => usedThreads(threads),

  probe({ threads }) {
    try {
      wasmFolder();
    } catch (error) {
      const reason = `${packageName} isn't installed (${oneLine(error, 120)})`;
      return Promise.resolve({ works: false, reason, advice: `Install ${packageName} 4.22.` });
    }
    try {
      compileGemm({ fused: false });
    } catch (error) {
      const reason = `no WebAssembly SIMD here (${oneLine(error, 120)})`;
      return Promise.resolve({
        works: false,
        reason,
        advice: 'Use the engine cpu, or a processor with SSE4.1 or NEON.',
      });
    }
    return Promise.resolve({ works: true, description: describe(threads), eligible: true });
  },

  async start({ threads }) {
    const { BackendWasm, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const { installKernelRepairs } = await import('../wasm/kernel-repairs.js');
    setWasmPaths(wasmFolder());
    if (!(await tf.setBackend('wasm')))
      throw new Error('startEngine: tfjs refused its wasm backend; use the engine cpu');
    const backend: unknown = tf.backend();
    if (!(backend instanceof BackendWasm)) {
      throw new Error(
        `startEngine: expected the backend of ${packageName}; received another. Is it installed twice?`,
      );
    }
    const heap = new WasmHeap(backend);
    const fused = hasFusedMultiplyAdd();
    const gemm = threads === 1 ? new HeapGemm(heap, fused) : await GemmTeam.start(heap, fused, threads);
    const restoreKernels = installKernelRepairs(gemm, heap);
    return {
      backendName: 'wasm',
      steps: eagerSteps,
      stop() {
        restoreKernels();
        gemm.dispose();
        removeRestartably('wasm');
      },
    };
  },
};
