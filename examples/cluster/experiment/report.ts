import { FerError, type FitResult } from 'fer-core';
import { type ExperimentSummary, type SummarizedCell, summarizeExperiment } from 'fer-eval/node';
import { percent } from '../../shared/format.js';
import type { StoredPlan } from '../jobs/plan.js';
import { readJson, type Store } from '../stores/store.js';

/** A cell, as in its file. */
export interface CellFile extends SummarizedCell {
  readonly key: string;
  readonly fit: Omit<FitResult, 'seconds'>;
}

/** The cells that are done, in the order of the grid. */
export async function readCells(store: Store, plan: StoredPlan, done: ReadonlySet<string>): Promise<CellFile[]> {
  const cells: CellFile[] = [];
  for (const { task, key, output } of plan.parts) {
    if (task !== 'cell' || !done.has(key)) continue;
    const cell = await readJson<CellFile>(store.folder(output.folder), output.name);
    if (cell.key !== key) {
      throw new FerError(
        'CORRUPT',
        'the file has changed since it was written: remove it, and enqueue the job again.',
        {
          file: `${store.location}/${output.folder}/${output.name}`,
        },
      );
    }
    cells.push(cell);
  }
  return cells;
}

/** A table of backbones and heads, the best mean accuracy first. */
export function experimentTable(cells: readonly CellFile[]): string {
  const rows = summarizeExperiment(cells).sort((a, b) => b.meanAccuracy - a.meanAccuracy);
  const table = [['backbone', 'head', 'seeds', 'validation', 'test', 'deviation'], ...rows.map((row) => cellsOf(row))];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(row: ExperimentSummary): string[] {
  const { backbone, head, seeds, meanAccuracy, meanValidationAccuracy, standardDeviation } = row;
  return [
    backbone,
    head,
    `${seeds.length}`,
    meanValidationAccuracy === null ? '' : percent(meanValidationAccuracy),
    percent(meanAccuracy),
    standardDeviation === null ? '' : `± ${(100 * standardDeviation).toFixed(2)}`,
  ];
}
