import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/index.js';
import { renderPng } from '../../src/plots/renderPng.js';
import {
  accuracyDomain,
  accuracyPlot,
  classDistributionPlot,
  confusionPlot,
  errorRatePlot,
  FER2013_PEOPLE,
  reliabilityPlot,
  renderSvg,
  trainingCurvePlot,
  type VegaLiteSpec,
} from '../../src/plots.js';
import { makeCase } from '../cases.js';
import { history } from '../reportInput.js';

const evaluation = evaluate(makeCase(400, 7, 1, 0));
const evaluations = [
  { name: 'softmax', evaluation },
  { name: 'svm', evaluation: evaluate(makeCase(400, 7, 5, 0)) },
];
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const values = (spec: VegaLiteSpec) => (spec.data as { values: Record<string, unknown>[] }).values;

describe('what the pictures show', () => {
  it('every cell of a confusion matrix: percent of the actual class, count, and both in a tooltip', async () => {
    const { classes, counts } = evaluation.confusion;
    const svg = await renderSvg(confusionPlot(evaluation.confusion));
    const both = texts(svg).filter((text) => /^(<|&lt;)?\d+$/.test(text));
    const shown = counts.flat().filter((count) => count > 0);
    expect(both.slice(0, shown.length).map(Number)).toEqual(shown);
    const numbers = both.slice(shown.length);
    const titles = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title);
    expect(titles).toHaveLength(49);
    const support = counts[0].reduce((a, b) => a + b);
    const share = ((100 * counts[0][1]) / support).toFixed(1);
    const words = `${classes[0]} taken for ${classes[1]}: ${counts[0][1]} of ${support} (${share} % of the actual class)`;
    expect(titles[1]).toBe(words);
    const expected = evaluation.confusion.counts.flatMap((row) => {
      const support = row.reduce((a, b) => a + b, 0);
      return row.map((count) => (100 * count) / support);
    });
    expect(numbers).toHaveLength(49);
    for (const [i, text] of numbers.entries()) expect(Math.abs(Number(text) - expected[i])).toBeLessThanOrEqual(0.5);
    for (const name of evaluation.confusion.classes) expect(texts(svg).filter((text) => text === name)).toHaveLength(2);
  });

  it('leaves numbers out of cells too small for them', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `class ${i}`);
    const actual = many.map((_, i) => i);
    const svg = await renderSvg(confusionPlot(evaluate({ actual, predicted: actual, classes: many }).confusion));
    expect(texts(svg).filter((text) => /^\d+$/.test(text))).toEqual([]);
  });

  it('the error rate of every head and class, none for a class that never occurs', async () => {
    expect(texts(await renderSvg(errorRatePlot(evaluations))).filter((text) => /\.\d%$/.test(text))).toHaveLength(14);
    const missing = evaluate({ actual: [0, 0], predicted: [0, 1], classes: ['a', 'b'] });
    expect(values(errorRatePlot([{ name: 'x', evaluation: missing }]))).toEqual([
      { class: 'a', series: 'x', value: 0.5 },
    ]);
    const wrong = evaluate({ actual: [0, 1], predicted: [1, 0], classes: ['a', 'b'] });
    const ticks = texts(await renderSvg(errorRatePlot([{ name: 'x', evaluation: wrong }]))).filter((text) =>
      /^\d+%$/.test(text),
    );
    expect(ticks.at(-1)).toBe('100%');
  });

  it('shares of classes, also of an empty split', () => {
    const spec = classDistributionPlot(
      ['a', 'b'],
      [
        { name: 'train', counts: Uint32Array.of(3, 1) },
        { name: 'none', counts: [0, 0] },
      ],
    );
    expect(values(spec).map(({ value }) => value)).toEqual([0.75, 0.25]);
  });

  it('raw and smoothed training curves, without what diverged', async () => {
    const epochs = history(12);
    const spec = trainingCurvePlot(epochs, 'loss');
    expect(values(spec)).toHaveLength(24);
    expect(spec.layer).toHaveLength(1); // few epochs: as measured, and nothing else
    const long = trainingCurvePlot(history(21), 'loss');
    const [measured, smoothed] = long.layer as { mark: { strokeWidth: number } }[];
    expect(measured.mark.strokeWidth).toBeGreaterThan(smoothed.mark.strokeWidth);
    const weighted = (0.9 * epochs[0].loss + epochs[1].loss) / 1.9;
    expect(values(trainingCurvePlot(epochs, 'loss', { smoothing: 0.9 }))[1].smoothed).toBeCloseTo(weighted, 12);
    const diverged = [...epochs, { ...epochs[0], epoch: 13, loss: Number.NaN, validationLoss: Number.NaN }];
    expect(values(trainingCurvePlot(diverged, 'loss'))).toEqual(values(spec));
    const training = epochs.map(({ validationLoss, validationAccuracy, ...epoch }) => epoch);
    expect(texts(await renderSvg(trainingCurvePlot(training, 'accuracy')))).not.toContain('validation');
    expect(texts(await renderSvg(trainingCurvePlot(epochs.slice(0, 1), 'accuracy')))).toContain('epoch');
    const ticks = texts(await renderSvg(trainingCurvePlot(epochs.slice(0, 3), 'accuracy')));
    expect(ticks.filter((text) => /^\d$/.test(text))).toEqual(['1', '2', '3']);
  });

  it('accuracies with intervals, and reliability', async () => {
    expect(texts(await renderSvg(accuracyPlot(evaluations)))).toContain('69.25%');
    const { bins } = evaluation.calibration!;
    const rows = (least?: number) => values(reliabilityPlot(evaluations.slice(0, 1), { least })).length;
    expect(rows(1)).toBe(bins.filter(({ count }) => count > 0).length);
    expect(rows()).toBe(bins.filter(({ count }) => count >= 10).length);
    expect(rows()).toBeLessThan(rows(1));
    expect(texts(await renderSvg(reliabilityPlot(evaluations)))).toContain('confidence');
  });
});

describe('reference accuracies', () => {
  const at = (accuracy: number, low: number, high: number) => ({
    name: 'x',
    evaluation: { ...evaluation, accuracy, accuracyInterval: { low, high } },
  });
  const chance = { name: 'chance', accuracy: 1 / 7 };

  it('extend the axis where they are near, and are written at its end where they are not', async () => {
    const near = [at(0.62, 0.604, 0.636)];
    expect(accuracyDomain(near)).toEqual([0.6, 0.64]);
    expect(accuracyDomain(near, [FER2013_PEOPLE, chance])).toEqual([0.6, 0.7]);
    const shown = texts(await renderSvg(accuracyPlot(near, { references: [FER2013_PEOPLE, chance] })));
    expect(shown).toContain('people');
    expect(shown).toContain('← chance 14.3 %');
    expect(accuracyDomain([at(0.5, 0.3, 0.7)], [chance])).toEqual([0.1, 0.7]);
  });
});

describe('renderSvg', () => {
  it.each(['$&', "$'", '$`', '$$', '$1'])('takes %s in a name for text', async (name) => {
    const matrix = evaluate({ actual: [0, 1], predicted: [0, 1], classes: [name, 'b'] }).confusion;
    const svg = await renderSvg(confusionPlot(matrix, { title: name }));
    const escaped = name.replace('&', '&amp;');
    expect(texts(svg).filter((text) => text === escaped)).toHaveLength(3); // two axes and the title
    expect(svg).toContain(`aria-label="${name.replace('&', '&#38;')}: rows are`);
    expect(svg.match(/<svg/g)).toHaveLength(1);
  });

  it('replaces characters that XML has no place for', async () => {
    const classes = ['a\u0000\u0007', 'b\ud800', 'c\ufffe'];
    const matrix = evaluate({ actual: [0, 1, 2], predicted: [0, 1, 2], classes }).confusion;
    const spec = confusionPlot(matrix, { title: '\u001b[31m' });
    const svg = await renderSvg(spec);
    expect(texts(svg)).toContain('a\ufffd\ufffd');
    expect(svg).not.toMatch(/\p{Cs}|(?!\n)\p{Cc}|\ufffe/u);
    expect((await renderPng(spec)).length).toBeGreaterThan(1000);
  });

  it('draws in colours that a page can swap, says what it shows, and is the same each time', async () => {
    const spec = confusionPlot(evaluation.confusion);
    const svg = await renderSvg(spec);
    expect(svg).toContain('var(--fer-heat, #0a4a86)');
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="Confusion: rows are/);
    expect(svg).not.toMatch(/NaN|undefined|<image|href/);
    expect(await renderSvg(spec)).toBe(svg);
  });

  it('takes names for text, whatever they hold', async () => {
    const nasty = ['<script>alert(1)</script>', 'a.b[0]"\'', 'x role="x" 0.123456'];
    const matrix = evaluate({ actual: [0, 1, 2], predicted: [0, 1, 2], classes: nasty }).confusion;
    const svg = await renderSvg(confusionPlot(matrix, { title: '"><script>' }));
    expect(svg).not.toContain('<script');
    expect(svg).toContain('a.b[0]');
    expect(svg).toContain('>x role="x" 0.123456</text>');
  });

  it('refuses what is not a specification', async () => {
    await expect(renderSvg({ mark: 'no such mark' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
