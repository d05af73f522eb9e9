import { cpus } from 'node:os';
import { join } from 'node:path';
import type { TrainResult } from 'fer-backbones';
import { classCounts, type Dataset, type JsonObject } from 'fer-core';
import { writeFileAtomic } from 'fer-core/node';
import { compare } from 'fer-eval';
import { FER2013_PEOPLE, type FeatureMap } from 'fer-eval/plots';
import { type ReportInput, renderReport, reportSummary } from 'fer-eval/report';
import type { WasmSetup } from 'fer-wasm';
import { openFile } from '../shared/openFile.js';
import type { TestSplit } from './data.js';
import type { MeasuredHead } from './judge.js';
import type { Options } from './options.js';
import { printConclusion, printTable } from './table.js';

/** Heads with their evaluations. */
export interface Compared {
  readonly title: string;
  readonly description?: string;
  /** Absent, like `training`, if nothing was trained. */
  readonly train?: Dataset;
  readonly tests: readonly TestSplit[];
  readonly training?: TrainResult;
  readonly heads: readonly MeasuredHead[];
  readonly featureMap?: FeatureMap;
  /** Digest of the training data, or of each test split. */
  readonly dataDigest: string | JsonObject;
  readonly notes?: JsonObject;
}

/** The content of a run's report. */
export interface Run extends Compared {
  readonly options: Options;
  readonly engine: WasmSetup;
}

/** Writes report.html, prints the table and the conclusions, and the JSON line if requested. */
export async function report(run: Run): Promise<void> {
  const { title, description, options, engine, train, tests, training, heads, featureMap, dataDigest, notes } = run;
  const comparisons = Object.fromEntries(
    await Promise.all(
      tests.map(async ({ name, dataset }) => {
        const predictions = heads.map((head) => ({ name: head.name, predicted: head.predicted[name] }));
        const input = { actual: dataset.labels, classes: dataset.classes, predictions };
        return [name, await compare(input, { baseline: heads[0].name })] as const;
      }),
    ),
  );
  const splits = [...(train ? [{ name: 'Training', dataset: train }] : []), ...tests];
  const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown', node: process.version, ...engine };
  const { data, models, seed, robustness } = options;
  const asked = training ? { ...options } : { data, models, seed, robustness };
  const input: ReportInput = {
    title,
    description,
    classes: tests[0].dataset.classes,
    heads,
    comparisons,
    featureMap,
    splits: splits.map(({ name, dataset }) => ({ name, counts: classCounts(dataset) })),
    references: options.data === null ? [] : [FER2013_PEOPLE],
    history: training?.history,
    validation: tests.length > 1 ? tests[0].name : undefined,
    provenance: {
      date: new Date().toISOString(),
      command: commandOf(options),
      dataDigest,
      seed,
      options: asked,
      machine,
      notes,
    },
  };
  const file = join(options.out, 'report.html');
  await writeFileAtomic(file, await renderReport(input));
  printTable(run, comparisons[tests[tests.length - 1].name]);
  printConclusion(run, reportSummary(input), file);
  if (options.json) {
    const trained = training &&
      train && {
        trainSeconds: training.seconds,
        imagesPerSecond: (train.n * options.epochs) / training.seconds,
        history: training.history,
      };
    const line = {
      title,
      options: asked,
      machine,
      dataDigest,
      ...trained,
      report: file,
      comparisons,
      heads: heads.map(({ name, folder, fit, accuracy, robustness }) => ({
        name,
        folder: folder && join(options.out, folder),
        accuracy,
        fit,
        robustness,
      })),
    };
    console.log(JSON.stringify(line));
  }
  if (options.open) openFile(file);
}

/** The command that reproduces the figures. */
function commandOf({ data, models, epochs, limit, learningRate, C, seed, robustness }: Options): string {
  const training = [
    `--epochs ${epochs}`,
    ...(limit === null ? [] : [`--limit ${limit}`]),
    `--learning-rate ${learningRate}`,
    `--C ${C.join(',')}`,
  ];
  return [
    'npm start --',
    ...(data === null ? [] : [`--data ${data}`]),
    ...(models.length > 0 ? models.map((model) => `--model ${model}`) : training),
    ...(robustness ? ['--robustness'] : []),
    `--seed ${seed}`,
  ].join(' ');
}
