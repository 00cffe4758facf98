const { readdirSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Imports run one way. Each package names the workspace packages that it may import; anything else is an error.
 * The order is that of the README's table: linalg <- ggm <- adapters <- encoders, with engine (on tfjs-onnx) and
 * safetensors below adapters, training above it, glue beside them all, and the app on top.
 */
const mayImport = {
  random: [],
  linalg: ['random'],
  safetensors: [],
  glue: ['random'],
  'tfjs-onnx': [],
  engine: ['tfjs-onnx'],
  ggm: ['linalg', 'random'],
  adapters: ['random', 'linalg', 'ggm', 'safetensors'],
  encoders: ['random', 'adapters', 'safetensors', 'tfjs-onnx'],
  training: ['random', 'engine', 'adapters', 'safetensors'],
};

const everyPackage = readdirSync(join(__dirname, 'packages'));
for (const name of everyPackage) {
  if (mayImport[name] === undefined)
    throw new Error(`.dependency-cruiser.cjs: say what packages/${name} may import`);
}

const direction = Object.entries(mayImport).map(([name, allowed]) => {
  const forbidden = everyPackage.filter((other) => other !== name && !allowed.includes(other));
  return {
    name: `${name}-imports-only-${allowed.join('-') || 'nothing'}`,
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    // By its folder where it resolves, by its name where the package does not even depend on it.
    to: { path: `^(packages/(${forbidden.join('|')})/|@ggm-peft/(${forbidden.join('|')})$|apps/)` },
  };
});

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(packages|apps)/' },
      to: { circular: true },
    },
    {
      name: 'browser-safe-packages-use-no-node-modules',
      severity: 'error',
      from: { path: '^packages/(random|linalg|ggm)/src/', pathNot: '^packages/ggm/src/command/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ggm-draws-only-in-pictures',
      severity: 'error',
      from: { path: '^packages/ggm/src/', pathNot: '^packages/ggm/src/pictures/' },
      to: { path: '/vega[^/]*/' },
    },
    {
      name: 'ggm-reads-files-only-in-command',
      severity: 'error',
      from: { path: '^packages/ggm/src/', pathNot: '^packages/ggm/src/command/' },
      to: { path: '/(csv-parse|commander)/' },
    },
    {
      name: 'nothing-imports-the-command',
      severity: 'error',
      from: { path: '^packages/ggm/src/', pathNot: '^packages/ggm/src/command/' },
      to: { path: '^packages/ggm/src/command/' },
    },
    {
      name: 'ggm-core-imports-no-pictures',
      severity: 'error',
      from: { path: '^packages/ggm/src/', pathNot: '^packages/ggm/src/(command|pictures)/' },
      to: { path: '^packages/ggm/src/pictures/' },
    },
    {
      name: 'no-reaching-into-another-package',
      comment: 'Import another package by its name, not by a path into its sources.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/([^/]+)/src/', pathNot: '^packages/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: '(node_modules|/dist/)' },
    exclude: { path: '\\.turbo/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node'] },
  },
};
