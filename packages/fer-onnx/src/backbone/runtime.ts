import { checkObject, FerError } from 'fer-core';

/** A tensor that onnxruntime returns. */
export interface OnnxTensor {
  /** E.g. `float32`. */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** A loaded model, ready to run: an `InferenceSession` of onnxruntime. */
export interface OnnxSession {
  /** Runs the model. Inputs and outputs are tensors by name. */
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** The part of onnxruntime's API that is used. `onnxruntime-web`, its builds, and `onnxruntime-node` all have it. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    /** Creates a session from the bytes of a model. */
    create(model: Uint8Array, options?: object): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => object;
}

/** How to run models. */
export interface OnnxRuntimeOptions {
  /**
   * The module that runs the model: `await import('onnxruntime-node')`, which is faster if its native code can be
   * installed, or a build of onnxruntime-web such as `onnxruntime-web/webgpu`.
   *
   * @default onnxruntime-web, loaded when it is first needed
   */
  readonly runtime?: OnnxRuntime | undefined;
  /**
   * Options of `InferenceSession.create`: `{ executionProviders: ['webgpu'] }`.
   *
   * @default the defaults of onnxruntime
   */
  readonly session?: object | undefined;
}

/** @throws FerError `INVALID_ARGUMENT` */
export function checkRuntimeOptions({ runtime, session }: OnnxRuntimeOptions): void {
  if (runtime !== undefined) checkObject('runtime', runtime, "give a module: await import('onnxruntime-node')");
  if (session !== undefined) checkObject('session', session, 'give the options of InferenceSession.create');
}

/** @throws FerError `UNSUPPORTED` if onnxruntime-web isn't installed. */
export async function loadRuntime({ runtime }: OnnxRuntimeOptions): Promise<OnnxRuntime> {
  if (runtime !== undefined) return runtime;
  try {
    return await import('onnxruntime-web');
  } catch (cause) {
    throw new FerError(
      'UNSUPPORTED',
      'onnxruntime-web could not be loaded: install it (npm install onnxruntime-web), or give another runtime.',
      {},
      { cause },
    );
  }
}
