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
    ...['random', 'linalg', 'ggm', 'safetensors', 'engine', 'adapters', 'encoders', 'training', 'glue'].map(
      (name) => project(`<rootDir>/packages/${name}`),
    ),
    project('<rootDir>/apps/finetune'),
    project('<rootDir>/scripts'),
  ],
};
