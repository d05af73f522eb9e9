import { preprocess } from 'fer-backbones';
import { FerError, type Images } from 'fer-core';
import { featuresOf, type Pooling, type Rows } from './features.js';
import type { InputForm } from './inputForm.js';
import type { OnnxRuntime, OnnxSession } from './runtime.js';

/** @throws FerError `UNSUPPORTED` if onnxruntime can't run the model. */
export async function createSession(
  runtime: OnnxRuntime,
  model: Uint8Array,
  options: object | undefined,
  file: string,
): Promise<OnnxSession> {
  try {
    return await runtime.InferenceSession.create(model, options);
  } catch (cause) {
    throw new FerError('UNSUPPORTED', `onnxruntime can't run this model: ${reasonOf(cause)}`, { file }, { cause });
  }
}

/** onnxruntime-web sometimes throws values that aren't errors. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * A session with its input and output. Runs are queued, because a session of onnxruntime-web allows only one at a time.
 */
export class OnnxNetwork {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly runtime: OnnxRuntime,
    private readonly session: OnnxSession,
    readonly form: InputForm,
    readonly output: string,
    readonly pooling: Pooling,
  ) {}

  /** Computes the features of images, in batches of at most the size that the model takes. */
  run(images: Images): Promise<Rows> {
    const turn = this.#last.then(() => this.#run(images));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run(images: Images): Promise<Rows> {
    const { name, preprocessing, layout, batch } = this.form;
    const { height, width, channels } = preprocessing;
    const rows = batch ?? images.n;
    // With a fixed batch size, the last batch is filled with zeros.
    const values = new Float32Array(rows * height * width * channels);
    const prepared = preprocess(images, preprocessing);
    values.set(layout === 'NHWC' ? prepared : channelsFirst(prepared, images.n, height * width, channels));
    const dims = layout === 'NHWC' ? [rows, height, width, channels] : [rows, channels, height, width];
    const { Tensor } = this.runtime;
    const found = await this.session.run({ [name]: new Tensor('float32', values, dims) });
    const { data, columns } = featuresOf(found[this.output], rows, this.pooling, this.output);
    return { data: data.subarray(0, images.n * columns), columns };
  }

  release(): void {
    void this.#last.then(() => this.session.release()).catch(() => undefined);
  }
}

function channelsFirst(values: Float32Array, n: number, places: number, channels: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let i = 0, at = 0; i < n; i++) {
    for (let place = 0; place < places; place++) {
      for (let c = 0; c < channels; c++, at++) moved[(i * channels + c) * places + place] = values[at];
    }
  }
  return moved;
}
