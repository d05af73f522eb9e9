import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FerError, type Json } from 'fer-core';
import { ioError, writeFileAtomic } from 'fer-core/node';
import { jsonDigest } from './key.js';
import type { ExperimentCell } from './types.js';

function cellFile(folder: string, key: string): string {
  return join(folder, 'cells', `${key}.json`);
}

/** Writes a finished cell atomically, with a digest of its content. */
export async function writeCell(folder: string, cell: ExperimentCell): Promise<void> {
  const plain = JSON.parse(JSON.stringify(cell)) as Json; // as it will be read back, so that the digests agree
  await writeFileAtomic(cellFile(folder, cell.key), `${JSON.stringify({ digest: jsonDigest(plain), cell: plain })}\n`);
}

/**
 * Reads a finished cell.
 *
 * @returns `undefined` if there is none.
 * @throws FerError `CORRUPT` if the file has changed since it was written.
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
    // A truncated file is reported like a modified one.
  }
  if (held?.cell?.key !== key || held.digest !== jsonDigest(held.cell as unknown as Json)) {
    throw new FerError('CORRUPT', 'it is not what was written.', { file });
  }
  return held.cell;
}
