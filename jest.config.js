import { readdirSync } from 'node:fs';

/** One jest run over every package: built packages meet through their `exports`, a package's own tests read its `src`. */
const project = (rootDir) => ({
  displayName: rootDir.split('/').at(-1),
  rootDir,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
});

export default {
  maxWorkers: 2,
  testTimeout: 120_000,
  projects: [
    ...['packages', 'apps', 'examples'].flatMap((group) =>
      readdirSync(new URL(group, import.meta.url)).map((name) => project(`<rootDir>/${group}/${name}`)),
    ),
    project('<rootDir>/scripts'),
  ],
};
