import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError, writeFileAtomic } from 'fer-core/node';
import type { ExperimentCell } from './types.js';

/** The log of an experiment's folder: `ledger.jsonl`, with one line of JSON for every cell that was ever finished. */
export interface Ledger {
  /** Whether the ledger has a line for a cell. */
  has(key: string): boolean;
  /** Appends a cell's line and flushes it to disk. */
  append(cell: ExperimentCell): Promise<void>;
}

/**
 * Opens the ledger of a folder. A line that was truncated by a crash is removed.
 *
 * @param onDamage - Called with the file if there was such a line.
 */
export async function openLedger(folder: string, onDamage: (file: string) => void): Promise<Ledger> {
  const file = join(folder, 'ledger.jsonl');
  const text = await readFile(file, 'utf8').catch((cause) => {
    const error = ioError(cause, file);
    if (error.code === 'NOT_FOUND') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const keys = lines.map(keyOf);
  const whole = lines.filter((_, i) => keys[i] !== undefined);
  if (whole.length < lines.length || (text !== '' && !text.endsWith('\n'))) {
    if (whole.length < lines.length) onDamage(file);
    await writeFileAtomic(file, whole.map((line) => `${line}\n`).join(''));
  }
  const known = new Set(keys);
  let last: Promise<void> = Promise.resolve();
  return {
    has: (key) => known.has(key),
    append(cell) {
      known.add(cell.key);
      last = last.then(() => appendLine(file, ledgerLine(cell)));
      return last;
    },
  };
}

function keyOf(line: string): string | undefined {
  try {
    const { key } = JSON.parse(line) as { key?: unknown };
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** The line of a cell, without the details that are in the cell's file. */
function ledgerLine({ evaluations, predicted, fit, ...cell }: ExperimentCell): string {
  const { validation, test } = evaluations;
  const accuracy = { ...(validation && { validation: validation.accuracy }), test: test.accuracy };
  const { iterations, converged } = fit;
  return `${JSON.stringify({ ...cell, iterations, converged, accuracy })}\n`;
}

async function appendLine(file: string, line: string): Promise<void> {
  try {
    const handle = await open(file, 'a');
    try {
      await handle.writeFile(line);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw ioError(cause, file);
  }
}
