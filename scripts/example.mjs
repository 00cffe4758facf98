/** `npm run example -- <name>`: an example of the folder `examples`, installed and built first if need be. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root, run } from './steps.mjs';

const names = readdirSync(join(root, 'examples'));
const [name = names[0], ...options] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`example: there is no ${name}; there are ${names.join(', ')}`);
  process.exit(2);
}
install();
build();
const main = join(root, 'examples', name, 'dist', 'main.js');
if (!existsSync(main)) throw new Error(`example: ${main} is missing after the build`);
run(process.execPath, [main, ...options]);
