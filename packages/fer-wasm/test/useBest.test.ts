import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBest } from '../src/index.js';

const offered: string[] = [];
function offer(name: string, start: () => tf.KernelBackend): void {
  tf.registerBackend(name, start);
  offered.push(name);
}
afterEach(() => {
  for (const name of offered.splice(0)) tf.removeBackend(name);
  vi.unstubAllGlobals();
});

const works = () => new MathBackendCPU();
const gpu = (adapter: object | null) => ({ gpu: { requestAdapter: async () => adapter } });

describe('useBest', () => {
  it('takes the native backend first, then WebGPU', async () => {
    vi.stubGlobal('navigator', gpu({ info: { isFallbackAdapter: false } }));
    offer('webgpu', works);
    expect(await useBest()).toEqual({ backend: 'webgpu' });
    offer('tensorflow', works);
    expect(await useBest()).toEqual({ backend: 'tensorflow' });
    expect(tf.getBackend()).toBe('tensorflow');
  });

  it.each([
    ['no adapter', gpu(null)],
    ['a software adapter', gpu({ info: { isFallbackAdapter: true } })],
    ['a software adapter of older browsers', gpu({ isFallbackAdapter: true })],
    ['no WebGPU at all', {}],
  ])('passes WebGPU over with %s, and WebGL outside browsers', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator);
    offer('webgpu', works);
    offer('webgl', works);
    expect(await useBest({ threads: 1 })).toMatchObject({ backend: 'wasm', threads: 1 });
    expect(tf.getBackend()).toBe('wasm');
  });

  it('takes WebGL in a page, and passes over what does not start', async () => {
    vi.stubGlobal('document', {});
    offer('tensorflow', () => {
      throw new Error('no library');
    });
    offer('webgl', works);
    expect(await useBest()).toEqual({ backend: 'webgl' });
  });
});
