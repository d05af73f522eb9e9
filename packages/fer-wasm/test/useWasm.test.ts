import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useWasm, WasmError } from '../src/index.js';

describe('useWasm', () => {
  it('refuses a number of threads that is none', async () => {
    for (const threads of [0, 1.5, Number.NaN, 1000]) {
      await expect(useWasm({ threads })).rejects.toThrow('threads is');
    }
  });

  it('sets up the wasm backend once, and leaves no handler on the process', async () => {
    const before = process.listenerCount('uncaughtException');
    const setup = await useWasm({ threads: 2 });
    expect(setup.threads).toBe(2);
    expect(tf.getBackend()).toBe('wasm');
    expect(process.listenerCount('uncaughtException')).toBe(before);
    expect(await useWasm()).toBe(setup);
  });

  it('reads tensors out as memory of their own', async () => {
    const data = await tf.tensor1d([1, 2, 3]).data();
    expect([...data]).toEqual([1, 2, 3]);
    expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('survives the growth of its memory', () => {
    const x = tf.ones([1000, 1000]);
    const many = Array.from({ length: 30 }, () => tf.add(x, 1));
    const total = tf.tidy(() => tf.matMul(many[0] as tf.Tensor2D, many[29] as tf.Tensor2D).dataSync()[0]);
    expect(total).toBe(4000);
    tf.dispose([x, ...many]);
  });
});

describe('an environment that forbids something', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it('is told what to allow where WebAssembly may not be compiled', async () => {
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('blocked by CSP'));
    const error = await useWasm({ threads: 3 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WasmError);
    expect(error).toMatchObject({ name: 'FerError', code: 'UNSUPPORTED' });
    expect(String(error)).toContain("'wasm-unsafe-eval'");
    vi.restoreAllMocks();
    expect((await useWasm({ threads: 2 })).threads).toBe(2);
  });

  it('is told where no memory can be reserved, and can try again', async () => {
    const cause = new RangeError('Out of memory');
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(cause);
    const error = await useWasm({ threads: 3 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WasmError);
    expect(error).toMatchObject({ code: 'UNSUPPORTED', cause });
    expect(String(error)).toContain('--disable-wasm-trap-handler');
    vi.restoreAllMocks();
    expect((await useWasm({ threads: 3 })).threads).toBe(3);
  });

  it('is told of whatever else upstream fails with', async () => {
    const cause = new Error('no reason');
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(cause);
    await expect(useWasm({ threads: 1 })).rejects.toMatchObject({
      name: 'FerError',
      message: expect.stringContaining('did not start: no reason. '),
      cause,
    });
  });

  it('needs no Response, which jsdom lacks', async () => {
    vi.stubGlobal('Response', undefined);
    expect((await useWasm({ threads: 1 })).threads).toBe(1);
  });

  it('is told where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    await expect(useWasm({ threads: 2 })).rejects.toMatchObject({
      name: 'FerError',
      message: expect.stringContaining('--jitless'),
    });
  });

  it('fetches nothing', async () => {
    const fetching = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    await useWasm({ threads: 1 });
    await useWasm({ threads: 2 });
    expect(fetching).not.toHaveBeenCalled();
  });
});
