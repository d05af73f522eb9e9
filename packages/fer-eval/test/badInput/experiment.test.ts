import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeatureMatrix, Head } from 'fer-core';
import { afterAll, describe, expect, it } from 'vitest';
import { type ExperimentOptions, measureHead, runExperiment, serveHeads, summarizeExperiment } from '../../src/node.js';
import { backbone, data } from '../experiment/fixture.js';
import { heads } from '../experiment/heads.js';
import { having, type Refused, refuses } from './refused.js';

const folder = await mkdtemp(join(tmpdir(), 'fer-experiment-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const [DATA, ARGUMENT] = ['INVALID_DATA', 'INVALID_ARGUMENT'];
type Changes = Readonly<Record<string, unknown>>;

const pixels = backbone('x', () => undefined);
const [head] = heads;
const options: ExperimentOptions = { backbones: [pixels], heads: [head], seeds: [1], data, folder };
const running = (changes: Changes) => runExperiment(having(options, changes));
const withHead = (changes: Changes) => running({ heads: [having(head, changes)] });
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const badOptions: readonly Refused[] = [
  ['a function', { kernel: () => 1 }, 'heads[0].options.kernel is a function'],
  ['a Map', { map: new Map([[1, 2]]) }, 'heads[0].options.map is a Map'],
  ['a Set', { set: new Set([1]) }, 'heads[0].options.set is a Set'],
  ['NaN', { C: [1, Number.NaN] }, 'heads[0].options.C[1] is NaN'],
  ['Infinity', { C: Number.POSITIVE_INFINITY }, 'heads[0].options.C is Infinity'],
  ['a BigInt', { C: 1n }, 'heads[0].options.C is a bigint'],
  ['a date', { since: new Date(0) }, 'heads[0].options.since is a Date'],
  ['a cycle', cyclic, 'heads[0].options.self is an object that contains itself'],
].map(([what, value, message]) => [
  `${what} among the options of a head`,
  () => withHead({ options: value }),
  ARGUMENT,
  message as string,
]);

/** A head whose fit returns something else. */
const fitting = (result: unknown) =>
  withHead({
    make: (context: { readonly seed: number }) => {
      const made = head.make(context) as Head;
      const fit: unknown = async (...args: Parameters<Head['fit']>) => {
        await made.fit(...args);
        return result;
      };
      return { ...made, fit };
    },
  });

const matrix = (rows: number): FeatureMatrix => ({ data: new Float32Array(rows * 2), rows, columns: 2 });
const features = { train: matrix(60), validation: matrix(30), test: matrix(40) };
const measuring = (changes: Changes) => measureHead(head, having({ seed: 1, features, data }, changes));

const cell = { backbone: 'a', head: 'b', seed: 1, evaluations: { test: { accuracy: 0.5 } } };
const summing = (...cells: unknown[]) => summarizeExperiment(cells as never);

describe('experiments refuse', () => {
  refuses([
    ...badOptions,
    [
      'a function among the options of a backbone',
      () => running({ backbones: [having(pixels, { options: { f() {} } })] }),
      ARGUMENT,
      'backbones[0].options.f',
    ],
    ['BigInt among the versions', () => running({ versions: { a: 1n } }), ARGUMENT, 'versions.a is a bigint'],
    ['options that are a list', () => withHead({ options: [1] }), ARGUMENT, 'heads[0].options is an array'],
    ['a misspelt property of a head', () => withHead({ option: { C: 1 } }), ARGUMENT, 'did you mean "options"?'],
    ['a property that is not in the key', () => withHead({ C: 1 }), ARGUMENT, 'heads[0] has no option "C"'],
    [
      'a misspelt property of a backbone',
      () => running({ backbones: [having(pixels, { opitons: {} })] }),
      ARGUMENT,
      'backbones[0]',
    ],
    [
      'a misspelt split',
      () => running({ data: { train: data.train, test: data.test, validaton: data.validation } }),
      ARGUMENT,
      'did you mean "validation"?',
    ],
    ['null for a split', () => running({ data: { ...data, validation: null } }), ARGUMENT, 'data.validation is null'],
    ['a head without a name', () => withHead({ name: undefined }), ARGUMENT, 'the name of item 1 of heads'],
    [
      'a backbone with an empty name',
      () => running({ backbones: [having(pixels, { name: '' })] }),
      ARGUMENT,
      'is empty',
    ],
    ['a name twice', () => running({ heads: [head, head] }), ARGUMENT, 'different names'],
    ['an empty folder', () => running({ folder: '' }), ARGUMENT, 'the folder is empty'],
    ['a seed that is a symbol', () => running({ seeds: [Symbol('a')] }), ARGUMENT, 'seeds[0] is a symbol'],
    ['a fit that returns nothing', () => fitting(undefined), ARGUMENT, 'what fit of head "absolute" returned'],
    [
      'a fit with a NaN objective',
      () => fitting({ iterations: 1, converged: true, objective: Number.NaN, seconds: 0 }),
      ARGUMENT,
      'the objective that fit',
    ],
    [
      'a fit that does not say whether it converged',
      () => fitting({ iterations: 1, objective: 0, seconds: 0 }),
      ARGUMENT,
      'the converged that fit',
    ],
    ['heads that are served under one name', () => serveHeads([head, head]), ARGUMENT, 'different names'],
    [
      'features of a split that the data lack',
      () => measuring({ data: { train: data.train, test: data.test } }),
      ARGUMENT,
      'validation is only in features or only in data',
    ],
    [
      'data of a split that the features lack',
      () => measuring({ features: { train: features.train, test: features.test } }),
      ARGUMENT,
      'validation is only in',
    ],
    [
      'a misspelt split of features',
      () => measuring({ features: { ...features, tset: features.test } }),
      ARGUMENT,
      'did you mean "test"?',
    ],
    [
      'features of other rows',
      () => measuring({ features: { ...features, test: matrix(39) } }),
      DATA,
      '39 rows of features for the 40 images of test',
    ],
    [
      'features of other columns',
      () => measuring({ features: { ...features, test: { ...matrix(80), rows: 40, columns: 4 } } }),
      DATA,
      'expected 2',
    ],
    [
      'no name',
      () => measureHead(having(head, { name: Symbol('a') }), { seed: 1, features, data }),
      ARGUMENT,
      'the name of',
    ],
    ['no seed', () => measuring({ seed: undefined }), ARGUMENT, 'seed is undefined'],
    [
      'an accuracy in percent',
      () => summing({ ...cell, evaluations: { test: { accuracy: 65 } } }),
      ARGUMENT,
      'the accuracy on test of cell 1 is 65',
    ],
    [
      'a NaN accuracy',
      () => summing(cell, { ...cell, seed: 2, evaluations: { test: { accuracy: Number.NaN } } }),
      ARGUMENT,
      'of cell 2 is NaN',
    ],
    [
      'a NaN accuracy on validation',
      () => summing({ ...cell, evaluations: { ...cell.evaluations, validation: { accuracy: Number.NaN } } }),
      ARGUMENT,
      'the accuracy on validation of cell 1',
    ],
    ['a cell without a head', () => summing({ ...cell, head: undefined }), ARGUMENT, 'the head of cell 1'],
    ['a cell twice', () => summing(cell, cell), ARGUMENT, 'two cells of a, b and seed 1'],
  ]);

  it('and write nothing before', async () => expect(await readdir(folder)).not.toContain('cells'));
});
