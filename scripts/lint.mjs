/** `npm run lint`: lint, formatting and import direction, without building or testing. */
import { install, run, sourceFolders, tool } from './steps.mjs';

install();
run(tool('eslint'), ['.']);
run(tool('prettier'), ['--check', '.', '--log-level=warn']);
run(tool('depcruise'), sourceFolders());
