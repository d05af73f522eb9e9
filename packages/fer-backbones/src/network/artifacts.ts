import * as tf from '@tensorflow/tfjs-core';
import { io, util } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { FerError, partFile, type SavedPart, toFloat16 } from 'fer-core';
import { weightBytes } from '../weights/tfjsWeights.js';
import { withBoundedZeros } from './boundedZeros.js';
import { demandBackend } from './demandBackend.js';
import { disposeModel } from './disposal.js';
import { planOf } from './plan.js';

/**
 * Saves a tfjs-layers model as the two files that plain tfjs loads: `model.json` and `weights.bin`.
 *
 * @param half - Write two bytes per weight with tfjs' own `float16` quantization. This is exact if the weights were
 *   rounded to half precision.
 */
export async function modelToFiles(model: LayersModel, half = false): Promise<Map<string, Uint8Array>> {
  let saved: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  completeTopology(saved!.modelTopology as JsonNode, model);
  const { modelTopology, format, generatedBy, weightSpecs, weightData } = saved!;
  const quantization = { dtype: 'float16', original_dtype: 'float32' };
  const weights = half ? weightSpecs?.map((spec) => ({ ...spec, quantization })) : weightSpecs;
  const json = {
    format,
    generatedBy,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  const bytes = io.CompositeArrayBuffer.join(weightData);
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['weights.bin', new Uint8Array(half ? toFloat16(new Float32Array(bytes)).buffer : bytes)],
  ]);
}

/**
 * The inverse of {@link modelToFiles}. It compares sizes before it allocates anything, and leaves no tensors behind if
 * it throws.
 *
 * @throws FerError `CORRUPT` if tfjs can't load the model.
 */
export async function filesToModel(part: SavedPart): Promise<LayersModel> {
  demandBackend();
  const [json, weights] = ['model.json', 'weights.bin'].map((name) => partFile(part, name));
  try {
    const { modelTopology, weightsManifest, format } = JSON.parse(new TextDecoder().decode(json));
    const specs: io.WeightsManifestEntry[] = weightsManifest[0].weights;
    const needed = specs.reduce((sum, spec) => sum + weightBytes(spec), 0);
    if (needed !== weights.length) throw new Error(`${weights.length} bytes of weights, their shapes need ${needed}`);
    const numbers = specs.reduce((sum, { shape }) => sum + util.sizeFromShape(shape), 0);
    const model = await withBoundedZeros(modelTopology, numbers, (topology) =>
      emptyModel({ modelTopology: topology, format }),
    );
    assign(model, io.decodeWeights(weights.slice().buffer, specs));
    return model;
  } catch (cause) {
    throw new FerError(
      'CORRUPT',
      `not a tfjs-layers model (${(cause as Error).message}): save it again.`,
      { file: 'model.json' },
      { cause },
    );
  }
}

/**
 * Makes a model without its saved weights. If this fails, it frees the weights of the layers that were already made.
 */
async function emptyModel(artifacts: io.ModelArtifacts): Promise<LayersModel> {
  let before = new Set<string>();
  const variables = () => tf.engine().state.registeredVariables;
  // From here to the end of the model's construction, tfjs-layers runs without interruption.
  const load = async () => {
    before = new Set(Object.keys(variables()));
    return artifacts;
  };
  try {
    return await loadLayersModel({ load });
  } catch (error) {
    for (const [name, variable] of Object.entries(variables())) if (!before.has(name)) variable.dispose();
    throw error;
  }
}

function assign(model: LayersModel, weights: tf.NamedTensorMap): void {
  try {
    model.loadWeights(weights);
  } catch (error) {
    disposeModel(model);
    throw error;
  } finally {
    tf.dispose(weights);
  }
}

interface JsonNode {
  [key: string]: unknown;
}

/** tfjs-layers doesn't save the depth multiplier of separable convolutions, and then can't load its own files. */
function completeTopology(topology: JsonNode, model: LayersModel): void {
  const multipliers = new Map(
    planOf(model)
      .steps.filter(({ layer }) => layer.getClassName() === 'SeparableConv2D')
      .map(({ layer }) => [layer.name, layer.getWeights()[0].shape[3]]),
  );
  if (multipliers.size === 0) return;
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { class_name, config } = node as { class_name?: string; config?: JsonNode };
    if (class_name === 'SeparableConv2D' && config)
      config.depth_multiplier = multipliers.get(config.name as string) ?? 1;
    for (const value of Object.values(node)) visit(value);
  };
  visit(topology);
}
