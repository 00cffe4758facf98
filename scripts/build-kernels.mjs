/**
 * Compiles a package's assembly/ to WebAssembly and writes the bytes, as text, to its src/wasm/kernel-bytes.ts: so
 * browsers and bundlers have no asset to find, and a checkout builds without this step having run. From the package:
 *
 *   node ../../scripts/build-kernels.mjs            writes the file (part of the package's `build`)
 *   node ../../scripts/build-kernels.mjs --stdout   prints what it would write (the test that the file is up to date)
 *
 * The same sources and the same compiler version give the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = process.cwd();
const target = join(root, 'src', 'wasm', 'kernel-bytes.ts');

/** Settings: SIMD on, no runtime and no imports (the kernels allocate nothing and cannot fail), speed over size. */
const settings = ['--enable', 'simd', '--runtime', 'stub', '--use', 'abort=', '--noAssert', '-O3'];

let bytes;
const { error, stderr } = await asc.main(
  ['assembly/index.ts', '--baseDir', root, '--outFile', 'kernels.wasm', ...settings],
  {
    writeFile(name, contents) {
      if (name === 'kernels.wasm') bytes = contents;
    },
  },
);
if (error !== null || bytes === undefined) {
  console.error(stderr.toString());
  throw new Error(`build-kernels: ${join(root, 'assembly')} did not compile`, { cause: error });
}

const text = `/** The kernels of assembly/, compiled: ${bytes.length} bytes in base64. Written by scripts/build-kernels.mjs. */
export const kernelBytes =
  '${Buffer.from(bytes).toString('base64')}';
`;
if (process.argv.includes('--stdout')) process.stdout.write(text);
else if (read(target) !== text) writeFileSync(target, text);

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
