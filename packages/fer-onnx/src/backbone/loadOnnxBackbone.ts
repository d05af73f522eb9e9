import {
  checkOptions,
  FerError,
  isFerError,
  type JsonObject,
  type PartLoader,
  partFile,
  type SavedPart,
} from 'fer-core';
import { FILE, KIND, makeOnnxBackbone, type OnnxBackbone, type OnnxBackboneOptions } from './onnxBackbone.js';
import { checkRuntimeOptions, type OnnxRuntimeOptions } from './runtime.js';

/**
 * Loaders for classifiers whose backbone is an ONNX model, for `loadClassifier`.
 *
 * @param options - How to run the models.
 *
 * @example
 * ```ts
 * const classifier = await loadClassifier(diskFolder('models/vit'), { backbones: [...backbones, ...onnxBackbones()], heads });
 * ```
 */
export function onnxBackbones(options: OnnxRuntimeOptions = {}): readonly PartLoader<OnnxBackbone>[] {
  checkOptions('onnxBackbones', options, ['runtime', 'session']);
  checkRuntimeOptions(options);
  return [{ kind: KIND, load: (part) => loadOnnxBackbone(part, options) }];
}

async function loadOnnxBackbone(part: SavedPart, { runtime, session }: OnnxRuntimeOptions): Promise<OnnxBackbone> {
  const { output, pooling, layout, preprocessing, columns } = part.config as JsonObject & OnnxBackboneOptions;
  const bytes = partFile(part, FILE);
  if (!output || !pooling || !layout || !preprocessing) {
    throw new FerError('CORRUPT', 'the saved backbone lacks its output or preprocessing: save it again.', {
      file: FILE,
    });
  }
  let backbone: OnnxBackbone;
  try {
    backbone = await makeOnnxBackbone(bytes, { runtime, session, output, pooling, layout, preprocessing }, FILE);
  } catch (cause) {
    if (!isFerError(cause, 'INVALID_ARGUMENT')) throw cause;
    throw new FerError('CORRUPT', `the saved backbone doesn't fit its model: ${cause.message}`, {}, { cause });
  }
  if (backbone.outputSize === columns) return backbone;
  backbone.dispose();
  throw new FerError(
    'CORRUPT',
    `the model gives ${backbone.outputSize} features, and gave ${String(columns)} when it was saved: save it again.`,
    { file: FILE },
  );
}
