import { resolve } from 'node:path';
import { checkOptions, describeValue, FerError, type Images } from 'fer-core';
import type { ImageSource } from 'fer-core/node';
import { listFiles } from './listFolder.js';
import { FILES_OPTIONS, type ImageFilesOptions, joinImages, loadFiles, nameOf, type SkippedFile } from './loadFiles.js';

/** Images without labels. */
export interface LoadedImages extends Images {
  /** One name per image: the file's name in its folder, or the path that was given. */
  readonly ids: readonly string[];
  /** The files that `onBadFile: 'skip'` left out. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Loads images that have no labels: the files of a folder, sorted by name, or a list of files. Each is loaded as
 * `loadImage` loads it.
 *
 * @param source - A folder without sub-folders; or a list of paths, `file:` URLs or bytes, whose order is kept. Bytes
 *   without a name get the id `image 1` and so on, by their place in the list.
 * @throws FerError `NOT_FOUND` or `IO` if something can't be read; `INVALID_DATA` for a file that is not an image, a
 *   sub-folder, or no files at all; `INVALID_ARGUMENT` for an option outside its range.
 *
 * @example
 * ```ts
 * const photos = await loadImages('photos', { onBadFile: 'skip' });
 * const labels = await classifier.predict(photos);
 * labels.forEach((label, i) => console.log(photos.ids[i], classifier.classes[label]));
 * ```
 */
export async function loadImages(
  source: string | readonly ImageSource[],
  options: ImageFilesOptions = {},
): Promise<LoadedImages> {
  checkOptions('loadImages', options, FILES_OPTIONS);
  if (typeof source !== 'string' && !Array.isArray(source)) {
    throw new FerError('INVALID_ARGUMENT', `the source is ${describeValue(source)}: give a folder or a list of files.`);
  }
  const files: { readonly id: string; readonly source: ImageSource }[] =
    typeof source === 'string'
      ? (await listFiles(resolve(source))).map(({ name, path }) => ({ id: name, source: path }))
      : source.map((file, i) => ({ id: nameOf(file, i), source: file }));
  if (files.length === 0) {
    const place = typeof source === 'string' ? { file: source } : {};
    throw new FerError('INVALID_DATA', 'there are no images: give at least one.', place);
  }
  const { shape, images, skipped } = await loadFiles(
    files.map((file) => file.source),
    options,
  );
  const rows = [...images.keys()].filter((i) => images[i]);
  return { images: joinImages(images, rows), n: rows.length, ...shape, ids: rows.map((row) => files[row].id), skipped };
}
