/** Whether a provider of ONNX Runtime works here, tried in a process of its own, which a driver could take down. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const script = `
  import * as tf from '@tensorflow/tfjs';
  import { compile } from '@ggm-peft/tfjs-onnx';
  await tf.setBackend('cpu');
  const fn = compile(({ x }) => ({ y: tf.sum(tf.matMul(x, x)) }), { providers: [process.argv[1]] });
  try {
    const { y } = await fn.run({ x: tf.ones([2, 2]) });
    console.log('gives ' + (await y.data())[0]);
  } catch (error) {
    console.log(error.message);
  }
`;

/** A function compiled for a provider: how its process ended, and what it printed: its result or the error. */
export function tryProvider(provider: string): {
  status: number | null;
  signal: string | null;
  stdout: string;
} {
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script, '--', provider],
    { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
  );
  return { status, signal, stdout };
}

/** Whether it printed the result. */
export const worked = ({ stdout }: { readonly stdout: string }): boolean => stdout.includes('gives 8');
