import {
  type Classifier,
  checkJson,
  checkOptions,
  checkString,
  describeValue,
  type FeatureExtractor,
  FerError,
  type Images,
  type JsonObject,
  type Provenance,
  type SavedPart,
} from 'fer-core';
import { GraphBuilder } from '../model/graphBuilder.js';
import { encodeModel } from '../model/protobuf.js';
import { FLOAT, type ModelProto, type ValueInfoProto } from '../model/schema.js';
import { BackboneExporter, type ImageForm } from './backbone.js';
import { exportClassifier } from './exportClassifier.js';

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /**
   * The origin of the classifier, written into the model's metadata as JSON, e.g. the `provenance` of
   * `readManifest(folder)`.
   *
   * @default none
   */
  readonly provenance?: Provenance | undefined;
  /**
   * A name for the model's graph.
   *
   * @default the architecture of the (first) backbone
   */
  readonly name?: string | undefined;
}

/** The version of the ONNX operator set. It came with ONNX 1.12 (2022). */
export const OPSET = 17;

/** The version of the file format that belongs to it. */
const IR_VERSION = 8;

/** The producer's name in the models that this package writes. */
export const PRODUCER = 'fer-onnx';

/** Names of the graph's input and outputs. */
export const NAMES = {
  images: 'images',
  features: 'features',
  scores: 'scores',
  probabilities: 'probabilities',
} as const;

/**
 * Exports a classifier or a backbone as an ONNX model: one file that runs in Python, C#, C++, on phones and in
 * browsers, without these packages.
 *
 * The model's input is `images`, float32 [batch, height, width, channels], pixels 0..255 as in {@link Images}, in the
 * size and colours of the backbone's network, in batches of any size. The preprocessing is included. The outputs of a
 * classifier are `scores` [batch, classes], as from `decisionFunction`, and `probabilities`, if it has `predictProba`;
 * the output of a backbone is `features`. They equal the results of these packages to float32 rounding.
 *
 * Views (`withViews`), ensembles and calibrations are included too. Batch normalisations after a convolution or dense
 * layer without activation are folded into its weights. The metadata contain `classes` (a JSON list), `backbones`
 * (JSON: their architectures, preprocessing and views) and `provenance` (JSON).
 *
 * If a backbone with `adapt` takes images of other sizes, the caller must resize them before running the model.
 *
 * @param model - A fitted classifier from `pipe`, `ensemble`, `calibrate`, `loadClassifier` or `loadPretrained`, or a
 *   `LayersBackbone`. It is not changed.
 * @returns The bytes of a `.onnx` file, opset 17.
 * @throws FerError `UNSUPPORTED`, naming it, if a layer, backbone or head can't be translated, or if the members of an
 *   ensemble take different images; `NOT_FITTED`; `INVALID_ARGUMENT` if a head was fit on other features.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 *
 * const classifier = await loadPretrained('compact-vgg/softmax');
 * await writeFile('expressions.onnx', await exportOnnx(classifier));
 * ```
 */
export async function exportOnnx(
  model: Classifier<Images> | FeatureExtractor<Images>,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  checkOptions('exportOnnx', options, ['provenance', 'name']);
  checkOptions('provenance', options.provenance, ['dataDigest', 'seed', 'options', 'metrics', 'notes']);
  if (typeof model !== 'object' || model === null || typeof model.serialize !== 'function') {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the model to export is ${describeValue(model)}: give a classifier or a backbone.`,
    );
  }
  const part = await model.serialize();
  const graph = new GraphBuilder(Object.values(NAMES));
  const backbones = new BackboneExporter(graph, NAMES.images);
  const made = 'transform' in model ? await features(graph, part, backbones) : await scores(graph, part, backbones);
  const { provenance, name = String(backbones.described[0].architecture) } = options;
  checkString('name', name);
  if (provenance !== undefined) checkJson('provenance', provenance);
  const metadata: JsonObject = {
    ...made.metadata,
    backbones: backbones.described,
    ...(provenance !== undefined && { provenance }),
  };
  const file: ModelProto = {
    irVersion: IR_VERSION,
    producerName: PRODUCER,
    docString: describe(backbones.form, made.outputs),
    graph: graph.build(name, [inputOf(backbones.form)], made.outputs),
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value: JSON.stringify(value) })),
  };
  return encodeModel(file);
}

interface Made {
  readonly outputs: readonly ValueInfoProto[];
  readonly metadata: JsonObject;
}

async function features(graph: GraphBuilder, part: SavedPart, backbones: BackboneExporter): Promise<Made> {
  const { name, columns } = await backbones.export(part);
  graph.node('features', 'Identity', [name], {}, NAMES.features);
  return { outputs: [rowsOf(NAMES.features, columns)], metadata: {} };
}

async function scores(graph: GraphBuilder, part: SavedPart, backbones: BackboneExporter): Promise<Made> {
  const { scores, probabilities, classes } = await exportClassifier(graph, part, backbones);
  graph.node('scores', 'Identity', [scores], {}, NAMES.scores);
  const outputs = [rowsOf(NAMES.scores, classes.length)];
  if (probabilities) {
    graph.node('probabilities', 'Identity', [probabilities], {}, NAMES.probabilities);
    outputs.push(rowsOf(NAMES.probabilities, classes.length));
  }
  return { outputs, metadata: { classes: [...classes] } };
}

function inputOf({ height, width, channels }: ImageForm): ValueInfoProto {
  return batchOf(NAMES.images, [height, width, channels]);
}

function rowsOf(name: string, columns: number): ValueInfoProto {
  return batchOf(name, [columns]);
}

/** A batch of any size. */
function batchOf(name: string, sizes: readonly number[]): ValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...sizes.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function describe({ height, width, channels }: ImageForm, outputs: readonly ValueInfoProto[]): string {
  const names = outputs.map(({ name }) => name).join(' and ');
  return (
    `Facial expressions. Input: ${NAMES.images}, float32 [batch, ${height}, ${width}, ${channels}], pixels 0..255 ` +
    `(${channels === 1 ? 'grey' : 'RGB'}), channels last. Output: ${names}. Written by ${PRODUCER}.`
  );
}
