import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The part of a tensor that the peers need. */
export interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The part of the TensorFlow.js copy inside a peer's bundle that is used here. */
export interface Tfjs {
  setWasmPaths(urls: Readonly<Record<string, string>>, usePlatformFetch: boolean): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(work: () => T): T;
  tensor4d(values: Float32Array, shape: readonly number[]): Tensor;
  tensor3d(values: Float32Array, shape: readonly number[]): Tensor;
  readonly image: { resizeBilinear(images: Tensor, size: readonly number[], alignCorners: boolean): Tensor };
  readonly io: {
    fromMemory(artifacts: object): object;
    decodeWeights(buffer: ArrayBuffer, specs: unknown): Record<string, Tensor>;
  };
  loadGraphModel(handler: object): Promise<{ execute(input: Tensor): Tensor }>;
  sub(a: Tensor, b: number): Tensor;
  mul(a: Tensor, b: number): Tensor;
}

/** The file names that tfjs requests. Threads don't start in Node, so one binary is enough. */
const BINARIES = ['', '-simd', '-threaded-simd'].map((build) => `tfjs-backend-wasm${build}.wasm`);

/**
 * Imports a peer's bundle for browsers, which contains tfjs, and sets its WebAssembly backend. The peers' bundles for
 * Node need further packages. In the browser bundles, tfjs lacks its code for Node, so it is made to detect a browser's
 * worker. Emscripten's loader still detects Node, and looks for `require`; the file that it would read with a module
 * that the bundle lacks is given as a URL.
 */
export async function importBundle<Module>(file: string, tfOf: (module: Module) => Tfjs): Promise<Module> {
  const require = createRequire(import.meta.url);
  Object.assign(globalThis, { require, WorkerGlobalScope: class {}, __dirname: dirname(file) });
  const module: Module = await import(pathToFileURL(file).href);
  const tf = tfOf(module);
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  const binary = await readFile(join(folder, 'tfjs-backend-wasm-simd.wasm'));
  const url = `data:application/wasm;base64,${binary.toString('base64')}`;
  tf.setWasmPaths(Object.fromEntries(BINARIES.map((name) => [name, url])), true);
  if (!(await tf.setBackend('wasm'))) throw new Error(`${file}: its wasm backend does not start.`);
  await tf.ready();
  return module;
}
