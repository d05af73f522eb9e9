import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { decodeBase64, withSharedMemory } from './binary.js';
import { WasmError } from './errors.js';
import { enableRelaxedSimd, isNode } from './platform.js';
import { CONTROL_BYTES, KernelPool } from './pool.js';
import { startUpstream } from './startUpstream.js';
import { heapOf } from './upstream.js';

/** A `wasm` backend with a pool of our kernels on its memory. */
export interface StartedBackend {
  readonly backend: BackendWasm;
  readonly pool: KernelPool;
  readonly relaxedSimd: boolean;
}

/**
 * Starts a `wasm` backend of upstream's on a memory that our kernels can share. It is not registered yet, so that the
 * current backend can be used in the meantime.
 *
 * @throws WasmError `UNSUPPORTED` if it can't start.
 */
export async function startBackend(threads: number, relaxedAllowed: boolean): Promise<StartedBackend> {
  if (typeof WebAssembly === 'undefined') {
    throw new WasmError(
      'UNSUPPORTED',
      'There is no WebAssembly here. Start Node without --jitless, or use another tfjs backend, such as cpu.',
    );
  }
  try {
    return await start(threads, relaxedAllowed);
  } catch (cause) {
    if (cause instanceof WasmError) throw cause;
    throw new WasmError('UNSUPPORTED', `The wasm backend did not start: ${reason(cause)}`, { cause });
  }
}

async function start(threads: number, relaxedAllowed: boolean): Promise<StartedBackend> {
  const [plain, relaxed, upstream] = await Promise.all([
    import('./generated/plain.js'),
    import('./generated/relaxed.js'),
    import('./generated/upstream.js'),
  ]);
  const shared = threads > 1;
  const relaxedBytes = withSharedMemory(decodeBase64(relaxed.default), shared);
  // Some engines have relaxed SIMD behind a flag that must be set before they compile anything.
  const relaxedSimd = relaxedAllowed && (WebAssembly.validate(relaxedBytes) || enableRelaxedSimd(relaxedBytes));
  const kernels = await compile(relaxedSimd ? relaxedBytes : withSharedMemory(decodeBase64(plain.default), shared));
  const backend = await startUpstream(await compile(withSharedMemory(decodeBase64(upstream.default), shared)));
  const heap = heapOf(backend);
  const control = (heap._malloc(CONTROL_BYTES + 16) + 15) & ~15;
  heap.HEAPU8.fill(0, control, control + CONTROL_BYTES);
  return { backend, pool: await KernelPool.start(kernels, heap.asm.memory, control, threads), relaxedSimd };
}

/** Why a backend did not start, and what to do, as far as the error says. */
function reason(cause: unknown): string {
  const message = `${cause instanceof Error ? cause.message : cause}`.replace(/\.?$/, '.');
  if (!(cause instanceof RangeError)) return `${message} Try again, or use another tfjs backend.`;
  const node = isNode() ? ', or start Node with --disable-wasm-trap-handler, which needs less' : '';
  return `${message} The engine could not reserve the memory: allow the process more address space${node}.`;
}

/**
 * Compiles one of our binaries.
 *
 * @throws WasmError `UNSUPPORTED`, with what to do, if the engine or its host refuses.
 */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const message = WebAssembly.validate(bytes)
      ? "WebAssembly may not be compiled here. In a page, add 'wasm-unsafe-eval' to the script-src directive of its " +
        'content security policy. Hosts that forbid it altogether (Cloudflare Workers among them) cannot run this backend.'
      : 'This engine lacks a feature of WebAssembly that the kernels need: SIMD, or with several threads shared memory. ' +
        'Use a newer one, or another tfjs backend.';
    throw new WasmError('UNSUPPORTED', message, { cause });
  }
}
