import { breathe, checkChoice, isFerError, RUN_OPTIONS, type RunOptions } from 'fer-core';
import { type ImageSource, readImage } from 'fer-core/node';
import { decodeImage } from './decodeImage.js';
import { type ImageShape, type ImageShapeOptions, imageShape, SHAPE_OPTIONS } from './imageShape.js';

/** Files decoded at the same time. */
const AT_A_TIME = 16;

/** Options of loaders that read many image files. */
export interface ImageFilesOptions extends RunOptions, ImageShapeOptions {
  /**
   * What to do with a file that is not a readable image: stop with an error, or leave it out and list it in `skipped`.
   * @default 'throw'
   */
  readonly onBadFile?: 'throw' | 'skip' | undefined;
}

/** The names of {@link ImageFilesOptions}. */
export const FILES_OPTIONS = ['onBadFile', ...SHAPE_OPTIONS, ...RUN_OPTIONS];

/** A file that was left out. */
export interface SkippedFile {
  /** Its path. */
  readonly file: string;
  /** What was wrong with it. */
  readonly message: string;
}

/** The images of some files. */
export interface DecodedFiles {
  readonly shape: ImageShape;
  /** height × width × channels bytes of each file; `undefined` for one that was left out. */
  readonly images: readonly (Uint8Array | undefined)[];
  /** Sorted by path. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Checks the options of {@link loadFiles}.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkFilesOptions(options: ImageFilesOptions): void {
  const { onBadFile = 'throw' } = options;
  imageShape(options);
  checkChoice('onBadFile', onBadFile, ['throw', 'skip']);
}

/**
 * Reads and decodes image files, sixteen at a time.
 *
 * @param sources - The files. Bytes without a name are called `image 1` and so on, by their place in the list.
 * @throws FerError as `loadImage`, unless `onBadFile` is `'skip'`.
 */
export async function loadFiles(sources: readonly ImageSource[], options: ImageFilesOptions): Promise<DecodedFiles> {
  checkFilesOptions(options);
  const shape = imageShape(options);
  const images = new Array<Uint8Array | undefined>(sources.length);
  const skipped: SkippedFile[] = [];
  for (let start = 0; start < sources.length; start += AT_A_TIME) {
    await breathe(options.signal);
    const some = sources.slice(start, start + AT_A_TIME);
    await Promise.all(
      some.map(async (source, i) => {
        const file = nameOf(source, start + i);
        try {
          const { bytes } = await readImage(source);
          images[start + i] = await decodeImage(bytes, shape, { file });
        } catch (error) {
          if (options.onBadFile !== 'skip' || !isFerError(error)) throw error;
          skipped.push({ file, message: error.message });
        }
      }),
    );
    const done = start + some.length;
    options.onProgress?.({ kind: 'load', rows: done, bytes: done, totalBytes: sources.length });
  }
  skipped.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { shape, images, skipped };
}

/** The name of a source, given its 0-based place in a list. */
export function nameOf(source: ImageSource, index: number): string {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  // In plain JavaScript a source may be anything; reading it then throws.
  const { name } = (source ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : `image ${index + 1}`;
}

/** The images of some rows, one after the other. */
export function joinImages(images: readonly (Uint8Array | undefined)[], rows: readonly number[]): Uint8Array {
  const size = rows.length > 0 ? images[rows[0]]!.length : 0;
  const joined = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) joined.set(images[row]!, i * size);
  return joined;
}
