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
 * Reads a whole model that Keras 2 wrote by `model.save('x.h5')`, as in browsers, also from disk.
 *
 * @param source - Path, or the file's bytes.
 * @throws FerError `NOT_FOUND` or `IO` where it can't be read, and as in browsers.
 */
export async function importKeras(source: string | Uint8Array, options: ImportKerasOptions = {}): Promise<KerasImport> {
  if (typeof source !== 'string') return importBytes(source, options);
  checkOptions('importKeras', options, IMPORT_OPTIONS);
  const bytes = await readFile(source, { signal: options.signal }).catch((cause) => {
    options.signal?.throwIfAborted();
    throw ioError(cause, source);
  });
  return importBytes(bytes, { ...options, file: options.file ?? source });
}
