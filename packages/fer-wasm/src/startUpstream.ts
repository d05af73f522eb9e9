import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { WasmError } from './errors.js';
import { checkBackend } from './oneCopy.js';
import { takeFactory } from './registration.js';

/** The URL that upstream requests its binary from; nothing is fetched. */
const BINARY_NAME = 'fer-wasm:upstream.wasm';

/**
 * Starts one of upstream's backends from its compiled binary, without making it the current one.
 *
 * @throws WasmError `UNSUPPORTED` if there are two copies of upstream's package, or if it can't be started any more;
 *   and what instantiating the binary throws.
 */
export async function startUpstream(module: WebAssembly.Module): Promise<BackendWasm> {
  const factory = takeFactory();
  const env = tf.env();
  const { platform } = env;
  setPaths();
  env.set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const start = () =>
    new Promise<unknown>((resolve, reject) => {
      // Upstream asks the platform for the binary.
      env.platform = Object.create(platform, {
        fetch: {
          value: async (path: string, init?: RequestInit) =>
            path === BINARY_NAME ? answer(module, reject) : platform.fetch(path, init),
        },
      }) as typeof platform;
      Promise.resolve(factory()).then(resolve, reject);
    });
  try {
    const backend = await withoutProcessHandlers(start);
    checkBackend(backend);
    return backend;
  } finally {
    env.platform = platform;
  }
}

function setPaths(): void {
  const names = ['', '-simd', '-threaded-simd'].map((kind) => [`tfjs-backend-wasm${kind}.wasm`, BINARY_NAME]);
  try {
    setWasmPaths(Object.fromEntries(names), true);
  } catch (cause) {
    throw new WasmError(
      'UNSUPPORTED',
      'tfjs has tried to start its own wasm backend before, failed, and does not start another one. Call ' +
        "`await useWasm()` before tf.setBackend('wasm'), tf.ready() and any op.",
      { cause },
    );
  }
}

/**
 * What upstream gets for a response: the parts that it uses, since some hosts (jsdom) have no `Response`.
 *
 * Upstream passes the contents to `WebAssembly.instantiate` and ignores errors, so that it would wait forever. So it
 * meets another `instantiate` during that call, which uses the compiled module and reports errors.
 */
function answer(module: WebAssembly.Module, onError: (cause: unknown) => void): unknown {
  const { instantiate } = WebAssembly;
  const instead = (_: unknown, imports: WebAssembly.Imports) => ({
    // biome-ignore lint/suspicious/noThenProperty: upstream calls nothing but this
    then(use: (result: WebAssembly.WebAssemblyInstantiatedSource) => void) {
      instantiate(module, imports)
        .then((instance) => use({ instance, module }))
        .catch(onError);
    },
  });
  return {
    ok: true,
    arrayBuffer: () => ({
      // biome-ignore lint/suspicious/noThenProperty: the callback must run while `instantiate` is another one
      then(use: (contents: ArrayBuffer) => void) {
        try {
          WebAssembly.instantiate = instead as unknown as typeof instantiate;
          use(new ArrayBuffer(0));
        } catch (cause) {
          onError(cause);
        } finally {
          WebAssembly.instantiate = instantiate;
        }
      },
    }),
  };
}

/** The parts of Node's `process` that we use; pages and workers lack it. */
interface EventSource {
  readonly listeners?: (event: string) => readonly unknown[];
  readonly removeListener?: (event: string, listener: unknown) => void;
}

/**
 * Upstream's emscripten code installs process-wide handlers that rethrow any uncaught error and thereby hide its
 * origin.
 */
async function withoutProcessHandlers<T>(action: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: EventSource };
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process?.listeners?.(event) ?? []);
  try {
    return await action();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process?.listeners?.(event) ?? []) {
        if (!before[i].includes(listener)) process?.removeListener?.(event, listener);
      }
    });
  }
}
