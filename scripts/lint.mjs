/** `npm run lint`: lint, formatting and import direction, without building or testing. */
import { build, install, run, sourceFolders, tool } from './steps.mjs';

install();
// Typed rules read the types of the packages that a file imports, as built.
build();
run(tool('eslint'), ['.']);
run(tool('prettier'), ['--check', '.', '--log-level=warn']);
run(tool('depcruise'), sourceFolders());
