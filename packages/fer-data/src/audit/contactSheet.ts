import { checkOptions, type Dataset, describeValue, FerError } from 'fer-core';
import { loadSharp } from '../images/sharp.js';
import { type Splits, splitEntries } from '../sampling/splits.js';
import type { AuditImage } from './audit.js';

const GAP = 2;
const BACKGROUND = 40;

/** Options of {@link contactSheet}. */
export interface ContactSheetOptions {
  /** Largest number of images in a row. A longer group continues in the next row. @default 12 */
  readonly columns?: number | undefined;
  /** Largest number of rows. Further groups are left out. @default 100 */
  readonly rows?: number | undefined;
}

/**
 * Draws groups of images, one group per row.
 *
 * @param groups - The groups of an `AuditReport`, or images grouped in any other way.
 * @returns The bytes of a PNG file.
 * @throws FerError `INVALID_ARGUMENT` for an image that is not in the data, no groups, or an option below 1;
 *   `INVALID_DATA` for data that break their contract.
 *
 * @example
 * ```ts
 * const { exact, near, blank } = await audit(data);
 * await writeFileAtomic('leaks.png', await contactSheet(data, exact.filter((group) => group.acrossSplits)));
 * ```
 */
export async function contactSheet(
  data: Dataset | Splits,
  groups: readonly { readonly images: readonly AuditImage[] }[],
  options: ContactSheetOptions = {},
): Promise<Uint8Array> {
  checkOptions('contactSheet', options, ['columns', 'rows']);
  const { columns = 12, rows: mostRows = 100 } = options;
  if (!(Number.isInteger(columns) && Number.isInteger(mostRows) && columns > 0 && mostRows > 0)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${describeValue(columns)} columns, ${describeValue(mostRows)} rows: give whole numbers from 1.`,
    );
  }
  const given: unknown = groups;
  if (!Array.isArray(given) || !given.every((group) => Array.isArray(group?.images))) {
    throw new FerError('INVALID_ARGUMENT', 'the groups are not arrays of images: give those of an AuditReport.');
  }
  const sets = new Map(splitEntries(data));
  const [{ height, width, channels }] = sets.values();
  const lines = groups
    .flatMap(({ images }) => {
      const count = Math.ceil(images.length / columns);
      return Array.from({ length: count }, (_, i) => images.slice(i * columns, (i + 1) * columns));
    })
    .slice(0, mostRows);
  if (lines.length === 0)
    throw new FerError('INVALID_ARGUMENT', 'there are no images to show: give at least one group.');
  const across = Math.max(...lines.map((line) => line.length));
  const sheetWidth = across * (width + GAP) + GAP;
  const sheetHeight = lines.length * (height + GAP) + GAP;
  const sheet = new Uint8Array(sheetWidth * sheetHeight * channels).fill(BACKGROUND);
  for (const [i, line] of lines.entries()) {
    for (const [j, { split, row }] of line.entries()) {
      const set = sets.get(split);
      if (!set || !(Number.isInteger(row) && row >= 0 && row < set.n)) {
        throw new FerError(
          'INVALID_ARGUMENT',
          `there is no image ${describeValue(row)} in ${describeValue(split)}: is this another data set?`,
        );
      }
      for (let y = 0; y < height; y++) {
        const from = (row * height + y) * width * channels;
        const to = ((GAP + i * (height + GAP) + y) * sheetWidth + GAP + j * (width + GAP)) * channels;
        sheet.set(set.images.subarray(from, from + width * channels), to);
      }
    }
  }
  const raw = { width: sheetWidth, height: sheetHeight, channels: channels as 1 | 3 };
  const sharp = await loadSharp();
  return new Uint8Array(await sharp(sheet, { raw }).png().toBuffer());
}
