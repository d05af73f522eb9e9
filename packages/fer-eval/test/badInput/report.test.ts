import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compare, evaluate } from '../../src/index.js';
import { type ReportInput, renderMarkdown, renderReport, reportJson } from '../../src/report.js';
import { robustnessOf } from '../reportInput.js';
import { having, type Refused, refuses } from './refused.js';

const [DATA, ARGUMENT] = ['INVALID_DATA', 'INVALID_ARGUMENT'];
type Changes = Readonly<Record<string, unknown>>;

const predictions = { actual: [0, 0, 1, 1], predicted: [0, 0, 1, 0], classes: ['a', 'b'] };
const head = { name: 'svm', evaluations: { test: evaluate(predictions) } };
const input: ReportInput = {
  title: 'Small',
  classes: ['a', 'b'],
  splits: [{ name: 'test', counts: [2, 2] }],
  heads: [head],
};
let comparison: Comparison;
beforeAll(async () => {
  const other = { name: 'other', predicted: [0, 1, 1, 0] };
  comparison = await compare({ ...predictions, predictions: [{ name: 'svm', ...predictions }, other] });
});

const reporting = (changes: Changes) => reportJson(having(input, changes));
const withHead = (changes: Changes) => reporting({ heads: [having(head, changes)] });
const compared = (changes: Changes) => reporting({ comparisons: { test: { ...comparison, ...changes } } });
/** A comparison with another second classifier, which is not the baseline. */
const comparedTo = (changes: Changes) =>
  compared({ classifiers: [comparison.classifiers[0], { ...comparison.classifiers[1], ...changes }] });
const made = (provenance: Changes) => reporting({ provenance });
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const badNames: readonly Refused[] = [undefined, null, 3, ''].map((name) => [
  `the name ${JSON.stringify(name)} of a head`,
  () => withHead({ name }),
  ARGUMENT,
  'the name of item 1 of the heads',
]);

describe('reports refuse', () => {
  refuses([
    ...badNames,
    ['a split without a name', () => reporting({ splits: [{ counts: [2, 2] }] }), ARGUMENT, 'item 1 of the splits'],
    ['a misspelt property of a head', () => withHead({ mistake: [] }), ARGUMENT, 'did you mean "mistakes"?'],
    ['counts that contradict the support', () => reporting({ splits: [{ name: 'test', counts: [3, 1] }] }), DATA, ''],
    ['a count that is a symbol', () => reporting({ splits: [{ name: 'test', counts: [1, Symbol('a')] }] }), DATA, ''],
    ['an accuracy in percent', () => reporting({ references: [{ name: 'people', accuracy: 65 }] }), ARGUMENT, '65'],
    ['a misspelt reference', () => reporting({ references: [{ name: 'a', acuracy: 0.5 }] }), ARGUMENT, 'accuracy'],
    ['a fit without seconds', () => withHead({ fit: { iterations: 1, converged: true } }), ARGUMENT, 'seconds of svm'],
    [
      'a fit that says no',
      () => withHead({ fit: { iterations: 1, converged: 'no', seconds: 1 } }),
      ARGUMENT,
      'converged',
    ],
    [
      'figures that are not JSON',
      () => withHead({ evaluations: { test: { ...head.evaluations.test, kappa: 1n } } }),
      ARGUMENT,
      'heads[0].evaluations.test.kappa is a bigint',
    ],
    ['curves of nothing', () => withHead({ curves: [{}] }), ARGUMENT, 'the curves'],
    ['mistakes of nothing', () => withHead({ mistakes: [{}] }), ARGUMENT, 'the mistakes of svm'],
    ['robustness of nothing', () => withHead({ robustness: { corruptions: [] } }), ARGUMENT, 'robustness of svm'],
    ['a test split that is a symbol', () => reporting({ test: Symbol('a') }), ARGUMENT, 'test is a symbol'],
    ['a comparison without classifiers', () => compared({ classifiers: undefined }), ARGUMENT, 'the classifiers'],
    ['a comparison without a baseline', () => compared({ baseline: undefined }), ARGUMENT, 'the baseline'],
    ['a comparison with another baseline', () => compared({ baseline: 'none' }), ARGUMENT, 'verdict of svm'],
    ['a comparison without a name', () => comparedTo({ name: undefined }), ARGUMENT, 'the classifiers'],
    ['a comparison of other rows', () => compared({ n: 5 }), DATA, 'of 5 rows'],
    ['a classifier without a difference', () => comparedTo({ difference: undefined }), ARGUMENT, 'difference of other'],
    [
      'a classifier without an interval',
      () => comparedTo({ differenceInterval: null }),
      ARGUMENT,
      'differenceInterval',
    ],
    [
      'a classifier without a p-value',
      () => comparedTo({ adjustedPValue: null }),
      ARGUMENT,
      'the adjustedPValue of other',
    ],
    [
      'an unknown verdict',
      () => comparedTo({ verdict: 'best' }),
      ARGUMENT,
      'the verdict of other in the comparison on test is "best"',
    ],
    [
      'accuracies that the evaluation contradicts',
      () => compared({ classifiers: [{ ...comparison.classifiers[0], accuracy: 0.5 }, comparison.classifiers[1]] }),
      DATA,
      'compare the same predictions',
    ],
    ['a date that is no text', () => made({ date: new Date(0) }), ARGUMENT, 'provenance.date is a Date'],
    ['a function among the options', () => made({ options: { of: { f() {} } } }), ARGUMENT, 'provenance.options.of.f'],
    ['a cycle in the notes', () => made({ notes: cyclic }), ARGUMENT, 'provenance.notes.self'],
    ['NaN among the machine', () => made({ machine: { cores: Number.NaN } }), ARGUMENT, 'provenance.machine.cores'],
    ['a NaN seed', () => made({ seed: Number.NaN }), ARGUMENT, 'provenance.seed is NaN'],
    ['a digest that is a number', () => made({ dataDigest: 3 }), ARGUMENT, 'provenance.dataDigest is 3'],
  ]);

  it("but take the caller's own properties of heads, and comparisons with more classifiers", () => {
    expect(() => withHead({ folder: 'out/svm', predicted: [], accuracy: 0.75 })).not.toThrow();
    expect(() => comparedTo({})).not.toThrow();
  });
});

it('writes every text of the input as text', async () => {
  const nasty = '<img src=x onerror="alert(1)">';
  const evaluation = evaluate({ ...predictions, classes: [nasty, 'b'] });
  const mistake = { row: 0, id: nasty, actual: nasty, predicted: 'b', sureness: 0.9, measure: 'margin' as const };
  const face = `data:image/png;base64,"><script>${nasty}`;
  const { corruptions } = robustnessOf(0);
  const [first, second] = comparison.classifiers;
  const curve = { auc: 0.5, averagePrecision: 0.5, roc: [[0.5, 0.5] as const], precisionRecall: null };
  const report: ReportInput = {
    title: nasty,
    description: nasty,
    classes: [nasty, 'b'],
    splits: [{ name: nasty, counts: [2, 2] }],
    heads: [
      {
        name: nasty,
        evaluations: { [nasty]: evaluation },
        curves: [
          { name: nasty, ...curve },
          { name: 'b', ...curve },
        ],
        mistakes: [{ ...mistake, face, explanation: face }],
        robustness: {
          ...robustnessOf(0),
          seed: nasty,
          corruptions: [{ ...corruptions[0], name: nasty, parameter: nasty }],
        },
      },
    ],
    comparisons: { [nasty]: { ...comparison, baseline: nasty, classifiers: [{ ...first, name: nasty }, second] } },
    featureMap: { classes: [nasty, 'b'], n: 1, explained: [0.6, 0.4], means: [[0, 0], null], points: [[0, 0, 0]] },
    references: [{ name: nasty, accuracy: 0.5 }],
    provenance: {
      date: nasty,
      version: nasty,
      command: nasty,
      seed: nasty,
      dataDigest: nasty,
      options: { [nasty]: [nasty] },
      notes: { [nasty]: nasty },
    },
  };
  const html = await renderReport(report);
  expect(html).not.toContain('<img src=x');
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\sonerror=/);
  expect(renderMarkdown(report)).not.toContain('<img');
});
