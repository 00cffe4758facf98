/**
 * Providers that this machine may lack, each in a process of its own, which drivers could take down: the function runs, or
 * is refused with the provider's name.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

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

describe.each(['webgpu', 'cuda', 'none-such'])('the provider %s', (provider) => {
  it('runs, or is refused with its name', () => {
    const { status, signal, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script, '--', provider],
      { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
    );
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    const refusal = `compile: ONNX Runtime made no session on the providers ["${provider}"]: `;
    const isRun = provider !== 'none-such' && stdout.includes('gives 8');
    expect({ stdout, isRun: isRun || stdout.includes(refusal) }).toEqual({ stdout, isRun: true });
  });
});
