import type { JsonObject } from 'fer-core';
import type { Evaluation } from '../metrics/evaluate.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import { surenessText } from '../plots/mistakes.js';
import type { NamedRobustness } from '../plots/robustness.js';
import type { Robustness } from '../robustness/robustness.js';
import type { ReportFigures } from './figures.js';
import { count, dateText, duration, interval, percent, points, pointsInterval, pValue, verdictText } from './format.js';

/** A cell: its text, and the number to sort by. */
export interface Cell {
  readonly text: string;
  /** Smaller print under the text. */
  readonly note?: string;
  readonly sort?: number;
}

/** A table for any kind of page. The first column is text, the others are numbers. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Accuracy of each head on each split, the comparison on the test split if there is one, and the fit. */
export function headTable({ heads, evaluated, test, comparisons }: ReportFigures): Table {
  const comparison = Object.hasOwn(comparisons, test) ? comparisons[test] : undefined;
  const fitted = heads.some(({ fit }) => fit);
  return {
    columns: [
      'head',
      ...evaluated,
      ...(comparison ? [`against ${comparison.baseline}`, 'p', 'verdict'] : []),
      'balanced',
      'macro F1',
      ...(fitted ? ['fit', 'converged'] : []),
    ],
    rows: heads.map(({ name, fit, evaluations }) => {
      const row = comparison?.classifiers.find((compared) => compared.name === name);
      return [
        { text: name },
        ...evaluated.map((split) => {
          const { accuracy, accuracyInterval } = evaluations[split];
          return { text: percent(accuracy), note: interval(accuracyInterval), sort: accuracy };
        }),
        ...(row
          ? [
              row.differenceInterval
                ? { text: points(row.difference), note: pointsInterval(row.differenceInterval), sort: row.difference }
                : { text: '–', sort: 0 },
              row.adjustedPValue === null
                ? { text: '–', sort: 2 }
                : { text: pValue(row.adjustedPValue), sort: row.adjustedPValue },
              { text: verdictText(row) },
            ]
          : []),
        { text: percent(evaluations[test].balancedAccuracy), sort: evaluations[test].balancedAccuracy },
        { text: evaluations[test].macro.f1.toFixed(3), sort: evaluations[test].macro.f1 },
        ...(fitted
          ? fit
            ? [
                { text: duration(fit.seconds), sort: fit.seconds },
                {
                  text: fit.converged ? 'yes' : 'no',
                  note: `${count(fit.iterations)} iterations`,
                  sort: fit.iterations,
                },
              ]
            : [
                { text: '–', sort: 0 },
                { text: '–', sort: 0 },
              ]
          : []),
      ];
    }),
  };
}

/** How many rows of each class each split has. */
export function splitTable({ classes, splits }: ReportFigures): Table {
  const cells = (counts: readonly number[]) => counts.map((n) => ({ text: count(n), sort: n }));
  return {
    columns: ['class', ...splits.map(({ name }) => name)],
    rows: [
      ...classes.map((name, j) => [{ text: name }, ...cells(splits.map(({ counts }) => counts[j]))]),
      [{ text: 'all' }, ...cells(splits.map(({ n }) => n))],
    ],
  };
}

/** The error rate of each class, head by head, and the class's support. */
export function errorTable({ classes, heads }: ReportFigures, split: string): Table {
  return {
    columns: ['class', ...heads.map(({ name }) => name), 'support'],
    rows: classes.map((name, j) => {
      const { support } = heads[0].evaluations[split].perClass[j];
      return [
        { text: name },
        ...heads.map(({ evaluations }) => {
          const { errorRate } = evaluations[split].perClass[j];
          return { text: percent(errorRate, 1), sort: errorRate ?? 2 };
        }),
        { text: count(support), sort: support },
      ];
    }),
  };
}

/** Precision, recall, F1 and support of each class of one head. */
export function classTable({ heads }: ReportFigures, headName: string, split: string): Table {
  const { perClass, macro, weighted, n } = heads.find(({ name }) => name === headName)!.evaluations[split];
  const row = (name: string, m: { precision: number; recall: number; f1: number }, support: number) => [
    { text: name },
    ...[m.precision, m.recall, m.f1].map((value) => ({ text: value.toFixed(3), sort: value })),
    { text: count(support), sort: support },
  ];
  return {
    columns: ['class', 'precision', 'recall', 'F1', 'support'],
    rows: [
      ...perClass.map((m) => row(m.name, m, m.support)),
      row('macro mean', macro, n),
      row('weighted mean', weighted, n),
    ],
  };
}

/** Area under the ROC curve, average precision and support of each class of one head. */
export function curveTable(curves: readonly ClassCurves[], { perClass }: Evaluation): Table {
  const cell = (value: number | null) => ({ text: value === null ? '–' : value.toFixed(3), sort: value ?? -1 });
  return {
    columns: ['class', 'area under ROC', 'average precision', 'support'],
    rows: curves.map(({ name, auc, averagePrecision }, j) => [
      { text: name },
      cell(auc),
      cell(averagePrecision),
      { text: count(perClass[j].support), sort: perClass[j].support },
    ]),
  };
}

/** Accuracy of each head on the clean images, under each corruption (mean of its strengths), and the mean of these. */
export function robustnessTable(heads: readonly NamedRobustness[]): Table {
  const row = (name: string, of: (robustness: Robustness) => number) => [
    { text: name },
    ...heads.map(({ robustness }) => ({ text: percent(of(robustness), 1), sort: of(robustness) })),
  ];
  return {
    columns: ['images', ...heads.map(({ name }) => name)],
    rows: [
      row('clean', ({ clean }) => clean.accuracy),
      ...heads[0].robustness.corruptions.map(({ name }, j) =>
        row(name, ({ corruptions }) => corruptions[j].meanAccuracy),
      ),
      row('mean', ({ meanCorruptionAccuracy }) => meanCorruptionAccuracy),
    ],
  };
}

/** Accuracy of one head under each corruption at each strength, with what the strength stands for. */
export function strengthTable({ corruptions }: Robustness): Table {
  return {
    columns: ['corruption', ...corruptions[0].strengths.map(({ strength }) => `strength ${strength}`), 'mean'],
    rows: corruptions.map(({ name, parameter, strengths, meanAccuracy }) => [
      { text: name, note: parameter },
      ...strengths.map(({ accuracy, level }) => ({ text: percent(accuracy, 1), note: `${level}`, sort: accuracy })),
      { text: percent(meanAccuracy, 1), sort: meanAccuracy },
    ]),
  };
}

/** Mistakes, the most confident first. */
export function mistakeTable(mistakes: readonly Mistake[]): Table {
  return {
    columns: ['image', 'is', 'was taken for', mistakes[0].measure === 'probability' ? 'probability' : 'margin'],
    rows: mistakes.map((mistake) => [
      { text: mistake.id ?? `row ${mistake.row + 1}` },
      { text: mistake.actual },
      { text: mistake.predicted },
      { text: surenessText(mistake), sort: mistake.sureness },
    ]),
  };
}

/** Date, version, command and seed: the most important part of the provenance. */
export function provenanceSummary({ provenance }: ReportFigures): [string, string][] {
  const { date, version, command, seed } = provenance;
  const rows: [string, string | undefined][] = [
    ['date', date === undefined ? undefined : dateText(date)],
    ['version', version],
    ['command', command],
    ['seed', seed === undefined ? undefined : String(seed)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** The rest of the provenance, as names and values; nested options get dotted names. */
export function provenanceRows({ provenance }: ReportFigures): [string, string][] {
  const { dataDigest, options, versions, machine, notes } = provenance;
  return flatten('', {
    ...notes,
    ...(dataDigest !== undefined && { 'data digest': dataDigest }),
    ...options,
    ...(versions && { versions }),
    ...(machine && { machine }),
  });
}

function flatten(prefix: string, object: JsonObject): [string, string][] {
  return Object.entries(object).flatMap(([key, value]): [string, string][] => {
    const name = prefix ? `${prefix}.${key}` : key;
    if (value === undefined) return [];
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return flatten(name, value as JsonObject);
    return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}
