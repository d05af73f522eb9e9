/**
 * The rules of docs/architecture.md: `npm run check:imports`.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** The packages that each package may import. */
const ALLOWED = {
  'fer-core': [],
  'fer-wasm': [],
  'fer-data': ['fer-core'],
  'fer-heads': ['fer-core'],
  'fer-eval': ['fer-core'],
  'fer-models': ['fer-core', 'fer-backbones', 'fer-heads'],
  'fer-backbones': ['fer-core', 'fer-wasm'],
  'fer-faces': ['fer-core'],
  'fer-onnx': ['fer-core', 'fer-backbones'],
};

const betweenPackages = Object.entries(ALLOWED).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-it-may`,
  comment: `${name} may import ${allowed.join(' and ') || 'no other package of ours'}: see docs/architecture.md.`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Files that import each other cannot be understood, or loaded, one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-climbing-between-folders',
      comment: 'What lies in a folder of src/ must not import the entries above it.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/[^/]+/' },
      to: { path: '^packages/$1/src/(index|node|plots|report|testing|matrix)\\.ts$' },
    },
    {
      name: 'no-node-in-browser-entries',
      comment: 'Everything that the entries for browsers reach must run without Node.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/(index|matrix|plots|report|testing)\\.ts$' },
      to: {
        path: '^(node:)?(assert|child_process|crypto|events|fs|http|https|net|os|path|stream|tls|url|util|v8|worker_threads|zlib)(/|$)',
        reachable: true,
      },
    },
    {
      name: 'packages-by-their-names',
      comment: 'Packages meet by their published names, never by a path into each other.',
      severity: 'error',
      from: { path: '^(packages/([^/]+)|examples|bench)/' },
      to: { path: '^packages/', pathNot: '^packages/$2/', dependencyTypesNot: ['aliased'] },
    },
    ...betweenPackages,
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: ['/dist/', '/generated/', '\\.d\\.ts$'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
