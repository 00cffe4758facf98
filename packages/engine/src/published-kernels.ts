/**
 * The kernels that tfjs-node and tfjs-node-gpu register, read from their JavaScript as published: so it can be checked
 * that code will run on them where their native part isn't there to try.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

const tfjsNames: ReadonlyMap<string, unknown> = new Map(Object.entries(tf));

/** The kernel names that a kernel's file declares: `kernelName: tfjs_1.Add` stands for the constant `tf.Add`. */
function declaredKernels(source: string): string[] {
  return [...source.matchAll(/kernelName:\s*(?:tfjs_\d+\.(\w+)|['"](\w+)['"])/g)].map(
    ([, constant, literal]) => {
      const name = constant === undefined ? literal : tfjsNames.get(constant);
      if (typeof name !== 'string')
        throw new Error(`publishedKernels: tfjs has no kernel name ${constant ?? '?'}`);
      return name;
    },
  );
}

/**
 * @returns the kernels' names in alphabetical order, or undefined if the package isn't installed
 */
export function publishedKernels(
  packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu',
): string[] | undefined {
  let folder: string;
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), 'dist');
  } catch {
    return undefined;
  }
  const list = readFileSync(join(folder, 'register_all_kernels.js'), 'utf8');
  const files = [...list.matchAll(/require\(['"](\.\/kernels\/\w+)['"]\)/g)].map(
    ([, path]) => `${path ?? ''}.js`,
  );
  const names = files.flatMap((file) => declaredKernels(readFileSync(join(folder, file), 'utf8')));
  return [...new Set(names)].sort();
}
