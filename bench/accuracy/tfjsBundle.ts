import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A tensor, as far as the peers need it. */
export interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The copy of TensorFlow.js inside a peer's bundle, as far as it is used here. */
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

/** The names that tfjs asks for; threads don't start in Node, so the one binary serves. */
const BINARIES = ['', '-simd', '-threaded-simd'].map((build) => `tfjs-backend-wasm${build}.wasm`);

/**
 * Imports a peer's bundle for browsers, which has tfjs inside, and sets its WebAssembly backend. Their bundles for Node
 * need further packages. In these, tfjs lacks what it takes in Node, so it is made to find itself in a browser's worker;
 * Emscripten's loader still finds Node, and looks for `require`; what it would read with a module that the bundle lacks
 * is given as a URL.
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
