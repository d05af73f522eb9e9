import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractFeatures, loadFeatures } from 'fer-backbones';
import {
  type Dataset,
  type Images,
  loadClassifier,
  memoryStore,
  type PipedClassifier,
  pipe,
  saveClassifier,
} from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { exportImageFolder, loadImageFolder } from 'fer-data/node';
import * as evaluation from 'fer-eval';
import { runExperiment, summarizeExperiment } from 'fer-eval/node';
import * as plots from 'fer-eval/plots';
import { type ReportInput, renderMarkdown, renderReport, reportJson } from 'fer-eval/report';
import { expressionTracker, type FaceDetector, readExpressions } from 'fer-faces';
import { calibrateCV, gridSearch, heads, linearL2SVM, softmax } from 'fer-heads';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelBackbone } from './fixtures.js';

/** Names that every object of JavaScript has, and one that changes what it inherits from. */
const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];

/** How many lines the plots with lines have. */
const LINES: Readonly<Record<string, number>> = { roc: 4, precisionRecall: 4, reliability: 4, robustness: 16 };

let folder: string;
let data: Dataset;
let classifier: PipedClassifier;
let asked: evaluation.ClassifierEvaluation;

const loaders = { backbones: [{ kind: 'pixels', load: async () => pixelBackbone() }], heads };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-names-'));
  for (const [label, name] of NAMES.entries()) {
    await mkdir(join(folder, 'images', name), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const pixels = Uint8Array.from({ length: 4 }, (_, at) => (at === label ? 180 + 5 * i : 20 + 7 * i));
      const image = sharp(pixels, { raw: { width: 2, height: 2, channels: 1 } });
      await writeFile(join(folder, 'images', name, `${i}.png`), await image.png().toBuffer());
    }
  }
  ({ train: data } = await loadImageFolder(join(folder, 'images'), { classes: 'infer', size: 2 }));
  classifier = pipe(pixelBackbone(), softmax());
  await classifier.fit(data);
  asked = await evaluation.evaluateClassifier(classifier, data);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('classes with the names of every object', () => {
  it('are read from folders, and written to folders', async () => {
    expect(data).toMatchObject({ n: 24, classes: NAMES });
    await exportImageFolder(join(folder, 'out'), data);
    const { train } = await loadImageFolder(join(folder, 'out'), { classes: NAMES, size: 2 });
    expect(train.labels).toEqual(data.labels);
    const synonyms = { constructor: '__proto__', ['__proto__']: 'constructor' };
    const swapped = await loadImageFolder(join(folder, 'images'), { classes: NAMES, synonyms, size: 2 });
    // A folder's own name is a class's name first.
    expect(swapped.train.labels).toEqual(data.labels);
  });

  it('are learned, saved and loaded', async () => {
    expect(classifier.classes).toEqual(NAMES);
    expect(asked.evaluation.accuracy).toBe(1);
    await saveClassifier(classifier, diskFolder(join(folder, 'model')), { metrics: { ['__proto__']: 1, toString: 2 } });
    const loaded = await loadClassifier(diskFolder(join(folder, 'model')), loaders);
    expect(loaded.classes).toEqual(NAMES);
    expect(await loaded.predict(data)).toEqual(asked.predicted);
  });

  it('are counted, listed and named in evaluations', async () => {
    const { perClass, confusion } = asked.evaluation;
    expect(perClass.map(({ name }) => name)).toEqual(NAMES);
    for (const name of NAMES) expect(evaluation.classificationReport(confusion)).toContain(name);
    const mapping = { ['__proto__']: 'constructor', constructor: '__proto__', toString: null };
    const other = await evaluation.evaluateOn(classifier, data, { mapping });
    expect(Object.entries(other.dropped)).toEqual([['toString', 6]]);
    expect(other.evaluation.accuracy).toBeCloseTo(1 / 3, 12);
    const left = await evaluation.evaluateOn(classifier, data, { mapping: { ['__proto__']: null } });
    expect(Object.entries(left.dropped)).toEqual([['__proto__', 6]]);
  });

  it('are drawn, and reported', async () => {
    const { scores, probabilities, predicted } = asked;
    const truth = { actual: data.labels, classes: NAMES };
    const curves = evaluation.rankingCurves({ ...truth, scores });
    const mistakes = await evaluation.worstMistakes(
      { ...truth, predicted: predicted.map((label) => 3 - label), probabilities },
      { images: data },
    );
    const featureMap = await plots.mapFeatures(scores, data);
    const named = NAMES.map((name) => ({ name, evaluation: asked.evaluation }));
    const counts = { name: '__proto__', counts: [6, 6, 6, 6] };
    const corruptions = NAMES.map((name) => ({ ...evaluation.CORRUPTIONS[1], name }));
    const robustness = await evaluation.robustness(classifier, data, { corruptions, strengths: [1] });
    const specs = {
      confusion: plots.confusionPlot(asked.evaluation.confusion),
      roc: plots.rocPlot(curves),
      precisionRecall: plots.precisionRecallPlot(curves),
      errors: plots.errorRatePlot(named),
      accuracy: plots.accuracyPlot(named),
      map: plots.featureMapPlot(featureMap),
      mistakes: plots.mistakesPlot(mistakes),
      pie: plots.classPiePlot(NAMES, counts),
      distribution: plots.classDistributionPlot(NAMES, [counts]),
      reliability: plots.reliabilityPlot(named, { least: 1 }),
      robustness: plots.robustnessPlot(NAMES.map((name) => ({ name, robustness }))),
    };
    for (const [plot, spec] of Object.entries(specs)) {
      const svg = await plots.renderSvg(spec);
      const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join('\n');
      for (const name of NAMES) expect(texts, plot).toContain(name);
      // Each name has marks of its own.
      const lines = [...svg.matchAll(/<path [^>]*stroke-width="(?:1.5|1.75|2)"/g)].length;
      if (plot in LINES) expect(lines, plot).toBeGreaterThanOrEqual(LINES[plot]);
      expect(svg, plot).not.toMatch(/NaN|undefined|\[native code\]|\[object/);
    }

    const comparison = await evaluation.compare(
      { ...truth, predictions: NAMES.map((name) => ({ name, predicted })) },
      { resamples: 100 },
    );
    const input: ReportInput = {
      title: 'constructor',
      classes: NAMES,
      splits: [counts, { name: 'toString', counts: [6, 6, 6, 6] }],
      featureMap,
      heads: NAMES.map((name) => ({
        name,
        evaluations: { ['__proto__']: asked.evaluation, toString: asked.evaluation },
        curves,
        mistakes,
        robustness,
      })),
      comparisons: { ['__proto__']: comparison, toString: comparison },
      test: '__proto__',
      validation: 'toString',
      provenance: { options: { ['__proto__']: { constructor: 1 } }, dataDigest: { ['__proto__']: 'abc' } },
    };
    const html = await renderReport(input);
    const texts = html.replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, '');
    for (const text of [texts, renderMarkdown(input)]) {
      for (const name of NAMES) expect(text.replaceAll('\\', '')).toContain(name);
      expect(text).not.toMatch(/\[native code\]|\[object|>undefined<|>NaN</);
    }
    const back = JSON.parse(reportJson(input));
    expect(Object.keys(back.comparisons)).toEqual(['__proto__', 'toString']);
    expect(Object.keys(back.heads[0].evaluations)).toEqual(['__proto__', 'toString']);
  });

  it('are the keys of probabilities that are read from photos, also smoothed', async () => {
    const detector: FaceDetector = {
      detect: async () => [{ box: { x: 4, y: 4, width: 12, height: 14 }, score: 0.9, roll: 0 }],
      dispose() {},
    };
    const shares = { data: Float32Array.of(0.1, 0.2, 0.3, 0.4), rows: 1, columns: 4 };
    const sure = {
      ...classifier,
      classes: NAMES,
      decisionFunction: async (_: Images) => shares,
      predictProba: async (_: Images) => shares,
      predict: async (_: Images) => Uint8Array.of(3),
    };
    const photo = { pixels: new Uint8Array(24 * 24 * 3).fill(128), width: 24, height: 24 };
    const [face] = await readExpressions(photo, { detector, classifier: sure });
    expect(face.expression).toBe('toString');
    expect(Object.keys(face.probabilities!)).toEqual(NAMES);
    expect(Object.values(face.probabilities!).map((share) => Math.round(10 * share))).toEqual([1, 2, 3, 4]);
    const tracker = expressionTracker({ detector, classifier: sure });
    for (const time of [0, 0.1, 0.2]) {
      const [tracked] = await tracker.update(photo, { time });
      expect(Object.keys(tracked.probabilities!)).toEqual(NAMES);
      expect(Object.values(tracked.probabilities!).map((share) => Math.round(10 * share))).toEqual([1, 2, 3, 4]);
    }
  });

  it('are kept in features on disk, grids, calibration and experiments', async () => {
    const store = memoryStore();
    await extractFeatures(pixelBackbone(), [data], store);
    const kept = await loadFeatures(store);
    expect(kept.labels?.classes).toEqual(NAMES);
    const grid = { ['__proto__']: [1, 2], constructor: [3] };
    const found = await gridSearch((options) => linearL2SVM({ C: options.constructor }), grid, kept.features, data, {
      folds: 2,
    });
    expect(Object.keys(found.parameters)).toEqual(['__proto__', 'constructor']);
    const head = await calibrateCV(() => linearL2SVM(), kept.features, data, { folds: 2 });
    expect(head.classes).toEqual(NAMES);
    const { cells } = await runExperiment({
      backbones: [{ name: '__proto__', make: async () => pixelBackbone() }],
      heads: [{ name: 'constructor', options: { ['__proto__']: 1 }, make: () => linearL2SVM() }],
      seeds: [1],
      data: { train: data, test: data },
      folder: join(folder, 'experiment'),
    });
    const [{ backbone, head: name, meanAccuracy }] = summarizeExperiment(cells);
    expect([backbone, name, meanAccuracy]).toEqual(['__proto__', 'constructor', 1]);
  });
});
