import { readFile } from 'node:fs/promises';
import { checkOptions } from 'fer-core';
import { ioError } from 'fer-core/node';
import {
  IMPORT_OPTIONS,
  type ImportKerasOptions,
  importKeras as importBytes,
  type KerasImport,
} from './importKeras.js';

/**
 * Imports a whole model that Keras saved, as in browsers, but also from disk.
 *
 * @param source - Path, or the file's bytes.
 * @throws FerError `NOT_FOUND` or `IO` if the file can't be read, and as in browsers.
 *
 * @example
 * ```ts
 * import { importKeras } from 'fer-backbones/node';
 *
 * const { backbone, layer } = await importKeras('model.h5', { classes: 'alphabetical', preprocessing: 'scale' });
 * const classifier = pipe(backbone, softmaxFromLayer(layer!));
 * ```
 */
export async function importKeras(source: string | Uint8Array, options: ImportKerasOptions = {}): Promise<KerasImport> {
  if (typeof source !== 'string') return importBytes(source, options);
  checkOptions('importKeras', options, IMPORT_OPTIONS);
  const { classes, preprocessing, adapt, size, file = source, signal } = options;
  const bytes = await readFile(source, { signal }).catch((cause) => {
    signal?.throwIfAborted();
    throw ioError(cause, source);
  });
  return importBytes(bytes, { classes, preprocessing, adapt, size, file, signal });
}
