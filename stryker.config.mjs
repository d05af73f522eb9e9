/**
 * Mutation testing: `AREA=eval-statistics npm run mutation`. Stryker changes the area's files in small ways and runs the
 * tests that reach each change. A change that no test notices needs a test, or simpler code.
 *
 * Each area lists its tests. With the whole suite, which starts browsers, threads and examples, a run would take days.
 */
const FER2013 = 'packages/fer-data/src/fer2013';
const FER2013_TESTS = 'packages/fer-data/test/fer2013';
/** Files whose loops run for every byte: instrumented, they make each test of the reader slow. */
const BYTES = ['fer2013Scanner', 'gunzip', 'faceRows'];
const TRAINING = 'packages/fer-backbones/src/training';
const TRAINING_TESTS = 'packages/fer-backbones/test/training';
/** Files of training that need no network to be tested. */
const RULES = [
  'batches',
  'classWeight',
  'distillation',
  'divergence',
  'optimizers',
  'rateTrail',
  'schedules',
  'settings',
];

const AREAS = {
  'eval-statistics': {
    mutate: ['packages/fer-eval/src/statistics/*.ts'],
    tests: ['packages/fer-eval/test/statistics/*.test.ts', 'packages/fer-eval/test/options.test.ts'],
  },
  'eval-metrics': {
    mutate: ['packages/fer-eval/src/metrics/*.ts'],
    tests: ['packages/fer-eval/test/metrics/*.test.ts', 'packages/fer-eval/test/options.test.ts'],
  },
  'data-augment': {
    mutate: ['packages/fer-data/src/augment/*.ts'],
    tests: ['packages/fer-data/test/augment/*.test.ts'],
  },
  'data-fer2013': {
    mutate: [`${FER2013}/*.ts`, ...BYTES.map((name) => `!${FER2013}/${name}.ts`)],
    tests: [`${FER2013_TESTS}/*.test.ts`, 'packages/fer-data/test/images/export.test.ts'],
  },
  'data-bytes': {
    mutate: BYTES.map((name) => `${FER2013}/${name}.ts`),
    tests: ['fer2013Scanner', 'fer2013Parsers', 'gunzip', 'gzip', 'limits', 'streamFer2013'].map(
      (name) => `${FER2013_TESTS}/${name}.test.ts`,
    ),
  },
  'heads-linear': {
    mutate: ['linear', 'newton'].map((name) => `packages/fer-heads/src/${name}/*.ts`),
    tests: ['linear/*', 'newton/*', 'options'].map((name) => `packages/fer-heads/test/${name}.test.ts`),
  },
  'training-rules': {
    mutate: RULES.map((name) => `${TRAINING}/${name}.ts`),
    tests: [...RULES, 'losses', 'reference'].map((name) => `${TRAINING_TESTS}/${name}.test.ts`),
  },
  'training-runs': {
    mutate: [`${TRAINING}/*.ts`, ...RULES.map((name) => `!${TRAINING}/${name}.ts`)],
    tests: ['losses', 'reference', 'train', 'runIdentity', 'checkpointFile', 'checkpoints'].map(
      (name) => `${TRAINING_TESTS}/${name}.test.ts`,
    ),
  },
};

const chosen = process.env.AREA ? [AREAS[process.env.AREA]] : Object.values(AREAS);
if (chosen.includes(undefined)) throw new Error(`AREA must be one of ${Object.keys(AREAS).join(', ')}.`);
// Read by vitest.mutation.config.ts, in a process of its own.
process.env.FER_MUTATION_TESTS = chosen.flatMap(({ tests }) => tests).join(' ');
// The number of damaged files in the fuzz tests: each mutant runs them.
process.env.FER_FUZZ = '30';

export default {
  mutate: chosen.flatMap(({ mutate }) => mutate),
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './scripts/strykerMessages.mjs'],
  ignorers: ['messages'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // Code that runs once, when a module is loaded, would need a fresh process for each of its mutants.
  ignoreStatic: true,
  ignorePatterns: ['/out', '/docs', '/bench', '/examples', 'dist', 'packages/fer-models/{data,models}'],
  tempDirName: '.stryker-tmp',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: 'out/mutation/index.html' },
  jsonReporter: { fileName: 'out/mutation/report.json' },
  thresholds: { high: 90, low: 85, break: null },
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 15,
};
