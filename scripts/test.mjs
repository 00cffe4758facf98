/**
 * `npm test`: everything that is checked, in one command: install, build, type-check, lint, formatting, import
 * direction, tests. Every check runs even if one before it failed; the last line counts the tests.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { softwareVulkan } from './software-vulkan.mjs';
import { build, install, pnpm, root, run, sourceFolders, tool } from './steps.mjs';

install();
build({ quiet: false });

const failed = [];
const check = (name, work) => {
  console.log(`\n== ${name}`);
  if (work() !== 0) failed.push(name);
};
const options = { mayFail: true };
check('types', () => {
  const packages = pnpm(['exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only'], options);
  return packages || run(tool('tsc'), ['-p', 'scripts/tsconfig.json'], options);
});
check('lint', () => run(tool('eslint'), ['.'], options));
check('formatting', () => run(tool('prettier'), ['--check', '.', '--log-level=warn'], options));
check('import direction', () => run(tool('depcruise'), sourceFolders(), options));

const results = join(root, 'node_modules', '.cache', 'jest-results.json');
mkdirSync(join(results, '..'), { recursive: true });
rmSync(results, { force: true });
const vulkan = softwareVulkan(process.env);
if (vulkan.VK_ICD_FILENAMES)
  console.log(`\nNo Vulkan driver: WebGPU is tested on ${vulkan.VK_ICD_FILENAMES}`);
check('tests', () =>
  run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${results}`,
      ...process.argv.slice(2),
    ],
    { ...options, env: { NODE_ENV: 'test', ...vulkan } },
  ),
);

if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`);
if (!existsSync(results)) {
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
  readFileSync(results, 'utf8'),
);
// A test file that cannot be loaded counts as a failed test.
const failures = numFailedTests + numRuntimeErrorTestSuites;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${failures} failed${skipped}`);
process.exit(failed.length > 0 || failures > 0 || numPassedTests === 0 ? 1 : 0);
