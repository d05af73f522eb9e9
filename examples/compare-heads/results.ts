import { cpus } from 'node:os';
import { join } from 'node:path';
import type { TrainResult } from 'fer-backbones';
import {
  argmaxRows,
  classCounts,
  type Dataset,
  datasetDigest,
  type FeatureMatrix,
  type FitResult,
  type Head,
} from 'fer-core';
import { writeFileAtomic } from 'fer-core/node';
import { compare, type Evaluation, evaluate } from 'fer-eval';
import { type ReportInput, renderReport } from 'fer-eval/report';
import type { WasmSetup } from 'fer-wasm';
import { clock, percent } from '../shared/progressBar.js';
import type { TestSplit } from './data.js';
import type { Options } from './options.js';

/** A head with what was measured of it. */
export interface FittedHead {
  readonly name: string;
  readonly folder: string;
  /** Absent where the head was trained with the backbone. */
  readonly fit?: FitResult;
  readonly evaluations: Record<string, Evaluation>;
  readonly predicted: Record<string, Uint8Array>;
  /** By split. */
  readonly accuracy: Record<string, number>;
}

/** Measures a fitted head on every test split. */
export async function evaluateHead(
  { head, ...rest }: { name: string; head: Head; fit?: FitResult; folder: string },
  tests: readonly TestSplit[],
  features: readonly FeatureMatrix[],
): Promise<FittedHead> {
  const result: FittedHead = { ...rest, evaluations: {}, predicted: {}, accuracy: {} };
  for (const [i, { name, dataset }] of tests.entries()) {
    const scores = await head.decisionFunction(features[i]);
    const predicted = argmaxRows(scores);
    const probabilities = await head.predictProba?.(features[i]);
    const evaluation = evaluate({
      actual: dataset.labels,
      predicted,
      classes: dataset.classes,
      scores,
      probabilities,
    });
    result.evaluations[name] = evaluation;
    result.predicted[name] = predicted;
    result.accuracy[name] = evaluation.accuracy;
  }
  return result;
}

/** What one run has to say. */
export interface Run {
  readonly title: string;
  readonly options: Options;
  readonly engine: WasmSetup;
  readonly train: Dataset;
  readonly tests: readonly TestSplit[];
  readonly training: TrainResult;
  readonly heads: readonly FittedHead[];
}

/** Writes report.html, prints the table, and the JSON line where asked. */
export async function report(run: Run): Promise<void> {
  const { title, options, engine, train, tests, training, heads } = run;
  const comparisons = Object.fromEntries(
    await Promise.all(
      tests.map(async ({ name, dataset }) => {
        const predictions = heads.map((head) => ({ name: head.name, predicted: head.predicted[name] }));
        const input = { actual: dataset.labels, classes: dataset.classes, predictions };
        return [name, await compare(input, { baseline: heads[0].name })] as const;
      }),
    ),
  );
  const splits = [{ name: 'Training', dataset: train }, ...tests];
  const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown', node: process.version, ...engine };
  const dataDigest = await datasetDigest(train);
  const input: ReportInput = {
    title: `${title}: heads on a ShallowCNN`,
    classes: train.classes,
    splits: splits.map(({ name, dataset }) => ({ name, counts: classCounts(dataset) })),
    history: training.history,
    heads,
    comparisons,
    validation: tests.length > 1 ? tests[0].name : undefined,
    provenance: { dataDigest, seed: options.seed, options: { ...options }, machine },
  };
  const file = join(options.out, 'report.html');
  await writeFileAtomic(file, await renderReport(input));
  printTable(run, file);
  if (options.json) {
    const line = {
      ...{ title, options, machine, dataDigest, trainSeconds: training.seconds },
      imagesPerSecond: (train.n * options.epochs) / training.seconds,
      ...{ report: file, history: training.history, comparisons },
      heads: heads.map(({ name, folder, fit, accuracy }) => ({
        name,
        folder: join(options.out, folder),
        accuracy,
        fit,
      })),
    };
    console.log(JSON.stringify(line));
  }
}

function printTable({ tests, training, heads, options }: Run, file: string): void {
  const header = ['head', ...tests.map(({ name }) => name), 'fit'];
  const rows = heads.map(({ name, accuracy, fit }) => [
    name,
    ...tests.map((test) => percent(accuracy[test.name])),
    fit ? `${fit.seconds.toFixed(1)} s${fit.converged ? '' : ' (not converged)'}` : 'with the backbone',
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('   ')
      .trimEnd();
  console.log(`\nTrained ${options.epochs} epochs in ${clock(training.seconds)}.\n`);
  console.log([line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)].join('\n'));
  console.log(`\nReport: ${file}\nClassifiers: ${heads.map(({ folder }) => join(options.out, folder)).join(', ')}`);
}
