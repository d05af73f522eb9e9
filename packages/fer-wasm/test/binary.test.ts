import { describe, expect, it } from 'vitest';
import { decodeBase64, withSharedMemory } from '../src/binary.js';
import plain from '../src/generated/plain.js';
import upstream from '../src/generated/upstream.js';

describe('withSharedMemory', () => {
  it.each([
    ['imported', plain],
    ['own', upstream],
  ])('changes one bit of a binary whose memory is %s, and back', (_, base64) => {
    const bytes = decodeBase64(base64);
    const shared = withSharedMemory(bytes, true);
    const unshared = withSharedMemory(bytes, false);
    const changed = [...shared.keys()].filter((i) => shared[i] !== unshared[i]);
    expect(changed).toHaveLength(1);
    expect(shared[changed[0]] ^ unshared[changed[0]]).toBe(2);
    expect(WebAssembly.validate(shared)).toBe(true);
    expect(WebAssembly.validate(unshared)).toBe(true);
    expect(withSharedMemory(shared, false)).toEqual(unshared);
  });

  it('lets the kernels be instantiated on a memory of either kind', async () => {
    for (const shared of [true, false]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
      const { instance } = await WebAssembly.instantiate(withSharedMemory(decodeBase64(plain), shared), {
        env: { memory },
      });
      expect(Object.keys(instance.exports)).toContain('matMul');
    }
  });

  it('refuses a binary without memory', () => {
    expect(() => withSharedMemory(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), true)).toThrow('no memory');
  });
});

describe('the kernels', () => {
  it('have no data of their own, which would lie where upstream keeps its', () => {
    const bytes = decodeBase64(plain);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
    new WebAssembly.Instance(new WebAssembly.Module(withSharedMemory(bytes, false)), { env: { memory } });
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  });
});
