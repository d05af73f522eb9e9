import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { WasmError } from './errors.js';

/** Starts a backend, as tfjs' engine calls it. */
type Factory = () => tf.KernelBackend | Promise<tf.KernelBackend>;

/** The parts of tfjs' engine that we use beyond its public types. */
interface PendingStart {
  pendingBackendInit: Promise<boolean> | null;
  pendingBackendInitId: number;
}

/** Upstream's priority among the backends that tfjs may start by itself. */
const PRIORITY = 2;

let upstream: Factory | undefined;

/**
 * Takes upstream's factory out of tfjs' engine and returns it. From then on, only `useWasm` starts the `wasm` backend:
 * tfjs itself, which starts one with the first op, would look for a binary at a path.
 *
 * @throws WasmError `UNSUPPORTED` if the factory was removed before the first call.
 */
export function takeFactory(): Factory {
  upstream ??= tf.findBackendFactory('wasm') ?? undefined;
  if (!upstream) {
    throw new WasmError(
      'UNSUPPORTED',
      "The wasm backend was removed: call tf.removeBackend('wasm') only after the first `await useWasm()`.",
    );
  }
  tf.engine().registryFactory.wasm = { factory: refuse, priority: PRIORITY };
  return upstream;
}

async function refuse(): Promise<never> {
  throw new WasmError('UNSUPPORTED', 'Only fer-wasm can start the wasm backend: call `await useWasm()` first.');
}

/**
 * Makes a started backend the `wasm` backend of tfjs and the current one, in one step. The tensors of a backend that
 * it replaces can still be read.
 */
export function makeCurrent(backend: BackendWasm): void {
  const engine = tf.engine();
  // What other code has begun to start must not become current later.
  const pending = engine as unknown as PendingStart;
  pending.pendingBackendInitId++;
  pending.pendingBackendInit = null;
  engine.registry.wasm = backend;
  // A registered backend becomes current before the call returns.
  void tf.setBackend('wasm');
}
