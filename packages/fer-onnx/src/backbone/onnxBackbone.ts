import { type Preprocessing, preprocessingToJson } from 'fer-backbones';
import {
  bindRunOptions,
  breathe,
  checkChoice,
  checkImages,
  checkIsArray,
  checkOptions,
  describeValue,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  fetchBytes,
  type Images,
  isFerError,
  type RunOptions,
  type SavedPart,
} from 'fer-core';
import { NAMES } from '../export/exportOnnx.js';
import { inspectModel, type ModelDescription } from '../model/inspectModel.js';
import { encodeModel } from '../model/protobuf.js';
import type { Pooling } from './features.js';
import { inputFormOf, type Layout } from './inputForm.js';
import { createSession, OnnxNetwork, reasonOf } from './onnxNetwork.js';
import { checkRuntimeOptions, loadRuntime, type OnnxRuntimeOptions } from './runtime.js';

/** Options of {@link onnxBackbone}. */
export interface OnnxBackboneOptions extends OnnxRuntimeOptions, Pick<RunOptions, 'signal'> {
  /**
   * The tensor to use as features: an output of the model, or any tensor inside it, such as the input of the last
   * layer. [Netron](https://netron.app) shows their names.
   *
   * @default the model's only output, or the one called `features`
   */
  readonly output?: string | undefined;
  /**
   * The network's input: the size of its images, and how pixels were scaled in training. ONNX files don't contain this.
   *
   * @default raw pixels, for models that `exportOnnx` wrote; required for others
   */
  readonly preprocessing?: Preprocessing | undefined;
  /**
   * The order of the input's axes.
   *
   * @default the order that fits the input's shape; channels first if both do
   */
  readonly layout?: Layout | undefined;
  /**
   * How to turn an output of more than two axes into one row of features.
   *
   * @default 'flatten'
   */
  readonly pooling?: Pooling | undefined;
}

/** An ONNX model as a backbone. */
export interface OnnxBackbone extends FeatureExtractor<Images> {
  readonly preprocessing: Preprocessing;
  /** The tensor that is used as features. */
  readonly output: string;
}

/** The names of {@link OnnxBackboneOptions}. */
export const ONNX_OPTIONS = ['output', 'preprocessing', 'layout', 'pooling', 'runtime', 'session', 'signal'];

/**
 * Makes a backbone from any ONNX model that takes one batch of images; its output is used as features. It pairs with
 * every head, and is saved with the classifier, model file included; `onnxBackbones` loads it again.
 *
 * The model runs in onnxruntime-web, on WebAssembly in Node and in browsers. onnxruntime-web is an optional peer
 * dependency: `npm install onnxruntime-web`. The network can't be trained and has no gradients: `fit` and `gradCam`
 * need a `LayersBackbone`.
 *
 * @param source - The file's bytes, or its URL; `fer-onnx/node` also takes a path.
 * @returns A backbone, which the caller must dispose.
 * @throws FerError `CORRUPT` if the file is damaged or not an ONNX model; `UNSUPPORTED` if the model doesn't take one
 *   batch of float images, has its weights in other files, or onnxruntime can't run it; `INVALID_ARGUMENT` if options
 *   are missing or don't fit the model; `NOT_FOUND` or `IO` if the file can't be read.
 *
 * @example
 * ```ts
 * const preprocessing = { height: 224, width: 224, channels: 3, values: { scale: 1 / 127.5, offset: -1 }, adapt: true } as const;
 * const backbone = await onnxBackbone('/models/vit.onnx', { output: 'last_hidden_state', pooling: 'first', preprocessing });
 * const classifier = pipe(backbone, linearL2SVM());
 * await classifier.fit(train);
 * ```
 */
export async function onnxBackbone(
  source: Uint8Array | string | URL,
  options: OnnxBackboneOptions = {},
): Promise<OnnxBackbone> {
  checkOptions('onnxBackbone', options, ONNX_OPTIONS);
  if (typeof source === 'string' || source instanceof URL) {
    const bytes = await fetchBytes(source, { signal: options.signal });
    return makeOnnxBackbone(bytes, options, `${source}`);
  }
  return makeOnnxBackbone(source, options, FILE);
}

/** The kind under which it is saved. */
export const KIND = 'onnx-backbone';

/** The model's file in a saved classifier. */
export const FILE = 'model.onnx';

/** Images per run, if the model takes any number. */
const BATCH = 32;

/** @param file - Path or URL, for messages. */
export async function makeOnnxBackbone(
  bytes: Uint8Array,
  options: OnnxBackboneOptions,
  file: string,
): Promise<OnnxBackbone> {
  const { pooling = 'flatten', signal } = options;
  checkIsArray('the bytes of a model', bytes, 'Uint8Array');
  checkChoice('pooling', pooling, ['flatten', 'mean', 'first']);
  checkRuntimeOptions(options);
  const description = inspectModel(bytes, file);
  const output = outputOf(description, options.output, file);
  const form = inputFormOf(description, options, file);
  signal?.throwIfAborted();
  const runtime = await loadRuntime(options);
  const isOutput = description.outputs.some(({ name }) => name === output);
  const session = await createSession(runtime, isOutput ? bytes : withOutput(bytes, output), options.session, file);
  const network = new OnnxNetwork(runtime, session, form, output, pooling);
  try {
    signal?.throwIfAborted();
    return await new OnnxExtractor(bytes.slice(), network).measured();
  } catch (error) {
    network.release();
    throw error;
  }
}

function outputOf({ outputs, tensors }: ModelDescription, given: string | undefined, file: string): string {
  const names = outputs.map(({ name }) => name);
  const own = names.length === 1 ? names[0] : names.find((name) => name === NAMES.features);
  const output = given === undefined ? own : given;
  if (output !== undefined && (names.includes(output) || tensors.has(output))) return output;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${output === undefined ? 'the model has several outputs' : `the model has no tensor ${describeValue(output)}`}: give one of ` +
      `${names.join(', ')} as output, or the name of a tensor inside.`,
    { file },
  );
}

/** The same model with one more output. Concatenated protobuf messages are merged when they are decoded. */
function withOutput(bytes: Uint8Array, name: string): Uint8Array {
  const more = encodeModel({ graph: { output: [{ name }] } });
  const all = new Uint8Array(bytes.length + more.length);
  all.set(bytes);
  all.set(more, bytes.length);
  return all;
}

class OnnxExtractor implements OnnxBackbone {
  outputSize = 0;
  #disposed = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly network: OnnxNetwork,
  ) {}

  get preprocessing(): Preprocessing {
    return this.network.form.preprocessing;
  }

  get output(): string {
    return this.network.output;
  }

  /** Runs the model once, to check that it runs and to count its features. */
  async measured(): Promise<this> {
    const { height, width, channels } = this.preprocessing;
    const black = { images: new Uint8Array(height * width * channels), n: 1, height, width, channels };
    try {
      this.outputSize = (await this.network.run(black)).columns;
    } catch (cause) {
      if (isFerError(cause)) throw cause;
      throw new FerError('UNSUPPORTED', `onnxruntime can't run this model: ${reasonOf(cause)}`, {}, { cause });
    }
    return this;
  }

  async transform(x: Images, options: RunOptions = {}): Promise<FeatureMatrix> {
    const { onProgress, signal } = bindRunOptions(options);
    this.#demandUsable();
    checkImages(x);
    const columns = this.outputSize;
    const data = new Float32Array(x.n * columns);
    const size = x.height * x.width * x.channels;
    const batch = this.network.form.batch ?? BATCH;
    for (let start = 0; start < x.n; start += batch) {
      await breathe(signal);
      this.#demandUsable();
      const end = Math.min(x.n, start + batch);
      const some = { ...x, images: x.images.subarray(start * size, end * size), n: end - start };
      const rows = await this.network.run(some);
      const bad = rows.data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new FerError('INVALID_DATA', `a feature is ${rows.data[bad]}: the model or its preprocessing is wrong.`, {
          row: start + Math.floor(bad / columns) + 1,
        });
      }
      data.set(rows.data, start * columns);
      onProgress?.({ kind: 'transform', done: end, total: x.n });
    }
    return { data, rows: x.n, columns };
  }

  async serialize(): Promise<SavedPart> {
    this.#demandUsable();
    const { output, pooling, form } = this.network;
    const { preprocessing, layout } = form;
    return {
      kind: KIND,
      config: { output, pooling, layout, preprocessing: preprocessingToJson(preprocessing), columns: this.outputSize },
      files: new Map([[FILE, this.bytes.slice()]]),
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.network.release();
  }

  #demandUsable(): void {
    if (!this.#disposed) return;
    throw new FerError('INVALID_ARGUMENT', 'this backbone was disposed: make or load another one.');
  }
}
