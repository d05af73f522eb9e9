import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FerError, type Json } from 'fer-core';
import { ioError, writeFileAtomic } from 'fer-core/node';
import { jsonDigest } from './key.js';
import type { ExperimentCell } from './types.js';

function cellFile(folder: string, key: string): string {
  return join(folder, 'cells', `${key}.json`);
}

/** Writes a finished cell, all or nothing, with a digest of itself. */
export async function writeCell(folder: string, cell: ExperimentCell): Promise<void> {
  const plain = JSON.parse(JSON.stringify(cell)) as Json; // what will be read: digests must agree
  await writeFileAtomic(cellFile(folder, cell.key), `${JSON.stringify({ digest: jsonDigest(plain), cell: plain })}\n`);
}

/**
 * Reads a finished cell.
 *
 * @returns `undefined` where there is none.
 * @throws FerError `CORRUPT` where it is not what was written.
 */
export async function readCell(folder: string, key: string): Promise<ExperimentCell | undefined> {
  const file = cellFile(folder, key);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const error = ioError(cause, file);
    if (error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  let held: { digest?: string; cell?: ExperimentCell } | null = null;
  try {
    held = JSON.parse(text);
  } catch {
    // Half a file is as good as a changed one.
  }
  if (held?.cell?.key !== key || held.digest !== jsonDigest(held.cell as unknown as Json)) {
    throw new FerError('CORRUPT', 'it is not what was written.', { file });
  }
  return held.cell;
}
