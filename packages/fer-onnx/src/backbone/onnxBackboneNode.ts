import { readFile } from 'node:fs/promises';
import { checkOptions } from 'fer-core';
import { ioError } from 'fer-core/node';
import {
  onnxBackbone as fromBytes,
  makeOnnxBackbone,
  ONNX_OPTIONS,
  type OnnxBackbone,
  type OnnxBackboneOptions,
} from './onnxBackbone.js';

/**
 * Makes a backbone from any ONNX model, as in browsers, but also from disk.
 *
 * @param source - Path, `file:` or `http:` URL, or the file's bytes.
 * @throws FerError `NOT_FOUND` or `IO` if the file can't be read, and as in browsers.
 *
 * @example
 * ```ts
 * import { onnxBackbone } from 'fer-onnx/node';
 *
 * const preprocessing = { height: 224, width: 224, channels: 3, values: 'scale', adapt: true } as const;
 * const backbone = await onnxBackbone('mobilenet.onnx', { preprocessing });
 * const features = await backbone.transform(train);
 * ```
 */
export async function onnxBackbone(
  source: Uint8Array | string | URL,
  options: OnnxBackboneOptions = {},
): Promise<OnnxBackbone> {
  checkOptions('onnxBackbone', options, ONNX_OPTIONS);
  const isRemote = /^https?:/i.test(source instanceof URL ? source.protocol : String(source).slice(0, 8));
  if (source instanceof Uint8Array || isRemote) return fromBytes(source, options);
  if (typeof source !== 'string' && !(source instanceof URL)) return fromBytes(source, options);
  const { signal } = options;
  const bytes = await readFile(source, { signal }).catch((cause) => {
    signal?.throwIfAborted();
    throw ioError(cause, `${source}`);
  });
  return makeOnnxBackbone(bytes, options, `${source}`);
}
