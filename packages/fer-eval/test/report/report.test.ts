import { createHash } from 'node:crypto';
import type { Progress } from 'fer-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare, evaluate, topConfusions } from '../../src/index.js';
import { FER2013_PEOPLE } from '../../src/plots.js';
import { count, dateText, duration, interval, percent, points, pValue } from '../../src/report/format.js';
import { SCRIPT, SCRIPT_SHA256 } from '../../src/report/script.js';
import {
  type ReportFigures,
  type ReportInput,
  renderMarkdown,
  renderReport,
  reportJson,
  reportSummary,
} from '../../src/report.js';
import { fullReportInput, reportInput, robustnessOf } from '../reportInput.js';

let input: ReportInput;
let page: string;
beforeAll(async () => {
  input = await reportInput();
  page = await renderReport(input);
});

const minimal = (): ReportInput => ({
  title: 'Small',
  classes: ['a', 'b'],
  splits: [{ name: 'test', counts: [2, 2] }],
  heads: [
    {
      name: 'one',
      evaluations: { test: evaluate({ actual: [0, 0, 1, 1], predicted: [0, 0, 1, 0], classes: ['a', 'b'] }) },
    },
  ],
});

describe('what does not fit', () => {
  it('is refused: curves of other classes, robustness under other corruptions', async () => {
    const [first, ...others] = input.heads;
    const curves = [{ name: 'other', auc: null, averagePrecision: null, roc: null, precisionRecall: null }];
    const invalid = { code: 'INVALID_DATA' };
    await expect(renderReport({ ...input, heads: [{ ...first, curves }, ...others] })).rejects.toMatchObject(invalid);
    const robustness = robustnessOf(0);
    const fewer = { ...robustness, corruptions: robustness.corruptions.slice(1) };
    const heads = [{ ...first, robustness }, { ...others[0], robustness: fewer }, ...others.slice(1)];
    await expect(renderReport({ ...input, heads })).rejects.toMatchObject(invalid);
  });
});

describe('renderReport', () => {
  it('tells how far it is, and stops when told', async () => {
    const controller = new AbortController();
    const done: Progress[] = [];
    const onProgress = (event: Progress): void => void done.push(event);
    await renderReport(minimal(), { onProgress });
    expect(done.at(-1)).toEqual({ kind: 'transform', done: done.length, total: done.length });
    const stopped = renderReport(minimal(), {
      onProgress: () => controller.abort(new Error('enough')),
      signal: controller.signal,
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('needs nothing from outside, and is small', () => {
    expect(page).not.toMatch(/<(?:link|img|iframe|object|embed)\b|\ssrc=|@import|url\(/);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(page.length).toBeLessThan(400_000);
    expect(page).toContain('default-src &#39;none&#39;;');
  });

  it('lets its own script run: the policy has its hash', () => {
    expect(SCRIPT_SHA256).toBe(createHash('sha256').update(SCRIPT).digest('base64'));
    expect(page).toContain(`<script>${SCRIPT}</script>`);
    expect(page).toContain(`sha256-${SCRIPT_SHA256}`);
  });

  it('shows each head on each split, with its fit', () => {
    for (const { name, evaluations, fit } of input.heads) {
      expect(page).toContain(`>${name}</th>`);
      for (const { accuracy } of Object.values(evaluations)) expect(page).toContain(`>${percent(accuracy)}<small>`);
      if (fit) expect(page).toContain(`>${duration(fit.seconds)}</td>`);
    }
    // accuracy and error rates on two splits, confusion of four heads on two, reliability, two curves, the classes as
    // bars and, of three splits, as pies
    expect(page.match(/<svg /g)).toHaveLength(2 + 2 + 8 + 1 + 2 + 1 + 3);
    for (const text of ['backbone.inputSize', '3,589', 'b1946ac9', '>no<']) expect(page).toContain(text);
  });

  it('is well-formed: every element is closed', () => {
    const open: string[] = [];
    const body = page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>|<!doctype html>|<meta [^>]*>/g, '');
    for (const [, close, name, rest] of body.matchAll(/<(\/?)([a-zA-Z0-9]+)([^>]*)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!rest.endsWith('/')) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('is the same for the same input', async () => {
    expect(await renderReport(input)).toBe(page);
  });

  it('takes names, options and titles for text', async () => {
    const nasty = '<img src=x onerror="alert(1)">&\'';
    const classes = [nasty, 'b'];
    const evaluation = evaluate({ actual: [0, 1], predicted: [0, 0], classes });
    const html = await renderReport({
      title: nasty,
      description: nasty,
      classes,
      splits: [{ name: nasty, counts: [1, 1] }],
      heads: [{ name: nasty, evaluations: { [nasty]: evaluation } }],
      provenance: { options: { [nasty]: nasty }, notes: { list: [nasty] } },
    });
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=&#34;alert(1)&#34;&#62;&#38;&#39;');
  });

  it('does with the least, and leaves out what there is not', async () => {
    const html = await renderReport(minimal());
    expect(html).toContain('75.00\u00a0%');
    for (const absent of ['Training', 'Calibration', 'How it was made', 'verdict', 'NaN', 'undefined']) {
      expect(html).not.toContain(`>${absent}`);
    }
  });
});

describe('with everything', () => {
  it('shows mistakes, curves, robustness and features, under 3 MB', async () => {
    const full = await fullReportInput();
    const html = await renderReport(full);
    expect(html.length).toBeLessThan(3_000_000);
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(4 * 40);
    // On top of the pictures above: two curves a head, one of robustness, one of the features.
    expect(html.match(/<svg /g)).toHaveLength(19 + 8 + 1 + 1);
    const { robustness, mistakes, curves } = full.heads[1];
    expect(html).toContain(`>${percent(robustness!.meanCorruptionAccuracy, 1)}</td>`);
    expect(html).toContain(`alt="${mistakes![0].actual}, taken for ${mistakes![0].predicted}"`);
    const said = html.replaceAll(/"data:image[^"]*"/g, '""').replace(/<script>[\s\S]*<\/script>/, '');
    expect(said).not.toMatch(/NaN|undefined|src="[^"]/);

    const markdown = renderMarkdown(full);
    for (const title of ['On worse pictures', 'Surest mistakes of', 'Ranking of']) expect(markdown).toContain(title);
    expect(markdown).toContain(`| ${curves![0].auc!.toFixed(3)} |`);
    const json = reportJson(full);
    expect(json).not.toContain('data:image');
    const { heads } = JSON.parse(json) as ReportFigures;
    expect(heads[1].robustness).toEqual(robustness);
    expect(heads[1].mistakes?.[0].row).toBe(mistakes![0].row);
  });
});

describe('what is said', () => {
  const figures = (of: ReportInput): ReportFigures => JSON.parse(reportJson(of));

  it('chooses the head on validation, and gives its figure on test', () => {
    const { chosen, summary, test, validation } = figures(input);
    const onValidation = input.heads.map((head) => head.evaluations.PublicTest.accuracy);
    expect(chosen).toBe(input.heads[onValidation.indexOf(Math.max(...onValidation))].name);
    expect([test, validation]).toEqual(['PrivateTest', 'PublicTest']);
    expect(summary[0]).toContain(`${chosen}, chosen among 4 on PublicTest, is right on`);
    expect(summary[1]).toMatch(/ against softmax: \+\d\.\d\d points, p\u00a0<\u00a00.001/);
    expect(summary[1].startsWith(chosen)).toBe(true);
  });

  it('says so where the head was picked on the test split itself', () => {
    expect(figures({ ...input, validation: undefined }).summary[0]).toContain('the most accurate of 4 on PrivateTest');
    expect(figures(minimal()).summary[0]).toMatch(/^one is right on 75.00\u00a0% of the 4 images of test/);
  });

  it("admits where the data can't tell", async () => {
    const actual = [0, 0, 1, 1];
    const classes = ['a', 'b'];
    const predictions = [
      { name: 'one', predicted: [0, 0, 1, 0] },
      { name: 'two', predicted: [0, 0, 1, 1] },
    ];
    const of: ReportInput = {
      ...minimal(),
      heads: predictions.map(({ name, predicted }) => ({
        name,
        evaluations: { test: evaluate({ actual, predicted, classes }) },
      })),
      comparisons: { test: await compare({ actual, classes, predictions }, { baseline: 'one', resamples: 100 }) },
    };
    expect(figures(of).summary[1]).toContain("the data can't tell which of the two is better");
    expect(renderMarkdown(of)).toContain("| the data can't tell |");
    expect(await renderReport(of)).toContain('the data can&#39;t tell</td>');
  });

  it('gives the same figures as JSON', () => {
    const json = figures(input);
    expect(json.format).toBe('fer-report');
    expect(json.heads).toEqual(JSON.parse(JSON.stringify(input.heads)));
    expect(json.splits[0]).toEqual({ name: 'Training', n: 28709, counts: [3995, 436, 4097, 7215, 4830, 3171, 4965] });
  });

  it('gives the same figures as Markdown', () => {
    const markdown = renderMarkdown(input);
    for (const { name, evaluations } of input.heads) {
      const { accuracy, accuracyInterval } = evaluations.PrivateTest;
      expect(markdown).toMatch(new RegExp(`\\| ${name} \\|.*${percent(accuracy)} \\(${interval(accuracyInterval)}\\)`));
    }
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(30);
    expect(renderMarkdown({ ...minimal(), title: 'a|b <b>*c*\n# d' })).toMatch(/^# a\\\|b &lt;b\\>\\\*c\\\* \\# d\n/);
    // A bare CR ends a line in Markdown as LF does.
    expect(renderMarkdown({ ...minimal(), title: 'a\rb\u2028c' })).toMatch(/^# a b c\n/);
  });
});

describe('for people', () => {
  it('links to every section, and explains its terms', () => {
    const ids = [...page.matchAll(/<h2 id="(\w+)">/g)].map(([, id]) => id);
    const links = [...page.matchAll(/<a href="#(\w+)">/g)].map(([, id]) => id);
    expect(links).toEqual(ids);
    for (const id of ['heads', 'errors', 'confusion', 'calibration', 'training', 'data', 'made', 'glossary']) {
      expect(ids).toContain(id);
    }
    const terms = [...page.matchAll(/<abbr title="([^"]+)">([^<]+)<\/abbr>/g)];
    for (const [, explanation, name] of terms) expect(page).toContain(`<dt>${name}</dt><dd>${explanation}</dd>`);
    expect(terms.length).toBeGreaterThan(10);
  });

  it('shows date, version and command, and folds the rest away', async () => {
    const provenance = {
      ...input.provenance,
      date: '2026-11-26T15:12:40.000Z',
      version: 'fer 0.1.0',
      command: 'npm start -- --seed 42',
    };
    const html = await renderReport({ ...minimal(), provenance });
    const [shown, folded] = html.slice(html.indexOf('id="made"')).split('<details>');
    for (const text of ['26 November 2026, 15:12 UTC', 'fer 0.1.0', 'npm start -- --seed 42']) {
      expect(shown).toContain(`<dd>${text}</dd>`);
    }
    expect(shown).not.toContain('b1946ac9');
    expect(folded).toContain('b1946ac9');
    expect(dateText('yesterday')).toBe('yesterday');
  });

  it('says the main confusions, and the supports', () => {
    const { confusion, perClass } = input.heads[0].evaluations.PrivateTest;
    const [first] = topConfusions(confusion);
    expect(page).toContain(`${percent(first.share, 0)} of ${first.actual} is taken for ${first.predicted}`);
    expect(page).toContain(`>support</abbr>`);
    expect(page).toContain(`<td data-sort="${perClass[1].support}">${perClass[1].support}</td>`);
  });

  it('gives verdicts on every head, and its findings as sentences', () => {
    const sentences = reportSummary(input);
    const others = input.heads
      .map(({ name }) => name)
      .filter((name) => name !== input.comparisons!.PrivateTest.baseline);
    for (const name of others) expect(sentences.some((text) => text.startsWith(`${name} against softmax`))).toBe(true);
    expect(page).toContain(`<p>${sentences[0]}</p>`);
  });

  it('draws one axis for charts of one kind, and the splits in their order', () => {
    const titles = [...page.matchAll(/<figcaption>((?:Accuracy|Error rate) on \w+)/g)].map(([, title]) => title);
    expect(titles).toEqual(
      ['Accuracy', 'Error rate'].flatMap((what) => ['PublicTest', 'PrivateTest'].map((split) => `${what} on ${split}`)),
    );
    const axis = (title: string) =>
      [
        ...page
          .slice(page.indexOf(`<figcaption>${title}`))
          .split('</figure>')[0]
          .matchAll(/>(\d+)%<\/text>/g),
      ].map(([, tick]) => tick);
    expect(axis('Accuracy on PublicTest')).toEqual(axis('Accuracy on PrivateTest'));
    expect(axis('Error rate on PublicTest')).toEqual(axis('Error rate on PrivateTest'));
  });

  it('marks people and chance', async () => {
    const html = await renderReport({ ...input, references: [FER2013_PEOPLE] });
    expect(html).toContain('Marked in the charts: chance 14.3\u00a0%, people 65.0\u00a0% (60\u00a0% to 70\u00a0%).');
    expect(html).toMatch(/>people<\/text>/);
  });
});

describe('numbers in print', () => {
  it('rounds, signs and units', () => {
    expect(percent(0.61861)).toBe('61.86\u00a0%');
    expect(percent(null)).toBe('–');
    expect([points(0.0103), points(-0.0103), points(-0.00001)]).toEqual(['+1.03', '−1.03', '±0.00']);
    expect([pValue(0.0004), pValue(0.0312)]).toEqual(['<\u00a00.001', '0.031']);
    expect(count(28709)).toBe('28,709');
    expect(
      [0.418, 9.996, 59.96, 99.96, 3599.7, 7500].map(duration).map((text) => text.replace(/\u00a0/g, ' ')),
    ).toEqual(['0.42 s', '10.0 s', '60.0 s', '1 min 40 s', '1 h 0 min', '2 h 5 min']);
  });
});

describe('bad input', () => {
  const good = minimal();
  const [head] = good.heads;
  it.each([
    ['no heads', { heads: [] }, /no heads/],
    ['two heads of one name', { heads: [head, head] }, /different names/],
    ['counts of other classes', { splits: [{ name: 'test', counts: [1] }] }, /give 2 whole numbers/],
    ['a count that is not whole', { splits: [{ name: 'test', counts: [1, 0.5] }] }, /whole numbers/],
    ['an evaluation on an unknown split', { splits: [{ name: 'other', counts: [1, 1] }] }, /no evaluation/],
    [
      'heads evaluated on different splits',
      { heads: [head, { name: 'two', evaluations: {} }] },
      /"two" is evaluated on \[\]/,
    ],
    ['other classes', { classes: ['a', 'c'] }, /other classes/],
    ['an unknown test split', { test: 'none' }, /split "none" was not evaluated/],
    [
      'a comparison elsewhere',
      { comparisons: { none: { n: 1, baseline: 'one', confidence: 0.95, classifiers: [] } } },
      /comparison on "none"/,
    ],
  ] as [string, Partial<ReportInput>, RegExp][])('%s', async (_, change, message) => {
    const bad = { ...good, ...change };
    await expect(renderReport(bad)).rejects.toThrow(message);
    expect(() => reportJson(bad)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
    expect(() => renderMarkdown(bad)).toThrow(message);
  });
});
