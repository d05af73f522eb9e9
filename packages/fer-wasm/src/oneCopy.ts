import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { WasmError } from './errors.js';

/**
 * Throws if the application has loaded a second copy of tfjs-core. All copies share the engine and the kernels of the
 * copy that loaded first, whatever its version, but not their other state, which causes errors far from their origin.
 * The engine's environment shows which copy owns it.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkCore(): void {
  if (!(tf.env() instanceof tf.Environment)) throw twoCopies('@tensorflow/tfjs-core');
}

/**
 * Throws if a second copy of tfjs-backend-wasm made this backend: it would not run on our memory.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkBackend(backend: unknown): asserts backend is BackendWasm {
  if (!(backend instanceof BackendWasm)) throw twoCopies('@tensorflow/tfjs-backend-wasm');
}

let ours: tf.KernelConfig | undefined;

/** Remembers that the kernels of the `wasm` backend are now this package's, for {@link checkKernels}. */
export function noteKernels(): void {
  ours = tf.getKernel('Identity', 'wasm');
}

/**
 * Throws if a second copy of tfjs-backend-wasm was loaded after our kernels were registered: it replaces them by its
 * own, which can't run, since its backend was never started.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkKernels(): void {
  if (ours && tf.getKernel('Identity', 'wasm') !== ours) throw twoCopies('@tensorflow/tfjs-backend-wasm');
}

/** Where the engine, which all copies share, keeps what tells our copies apart. */
const OWNER = Symbol.for('fer-wasm: the copy whose kernels are registered');
const self = {};

/**
 * Throws if another copy of this package has started the backend. Each would call the other's kernels and gradients as
 * if they were upstream's.
 *
 * @throws WasmError `UNSUPPORTED`
 */
export function checkOwner(): void {
  const engine = tf.engine() as { [OWNER]?: object };
  engine[OWNER] ??= self;
  if (engine[OWNER] === self) return;
  throw new WasmError(
    'UNSUPPORTED',
    'There are two copies of fer-wasm, and the other one has started the wasm backend: an application must have one. ' +
      '`npm ls fer-wasm` shows whether two are installed. A program that both imports and requires fer-wasm loads two ' +
      'builds of it: do only one of them. Under Next.js, list fer-wasm and the tfjs packages in ' +
      'serverExternalPackages; other bundlers for servers must leave them outside, too.',
  );
}

function twoCopies(name: string): WasmError {
  return new WasmError(
    'UNSUPPORTED',
    `There are two copies of ${name}: an application must have one. \`npm ls ${name}\` shows which packages bring them; ` +
      'give all of them the version that fer-wasm has as its peer dependency. Under Next.js, list the tfjs packages in ' +
      'serverExternalPackages, so that its routes share one. In a page, use a build of the other library that imports ' +
      'tfjs, not one that contains it.',
  );
}
