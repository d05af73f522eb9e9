import { readFileSync } from 'node:fs';
import { isFerError } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { readKerasFile } from '../../src/keras/kerasFile.js';
import { globalHeapsAreWhole, isCutShort } from '../../src/weights/hdf5Structure.js';

const file = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
const functional = file('functional.h5');

function damaged(at: number, mask: number): Uint8Array {
  return functional.map((byte, i) => (i === at ? byte ^ mask : byte));
}

const read = (bytes: Uint8Array, signal?: AbortSignal) => readKerasFile(bytes, 'model.h5', signal);

describe('an HDF5 file', () => {
  it.each(['functional.h5', 'nested.h5', 'shallow.h5'])('is whole: %s', (name) => {
    expect(globalHeapsAreWhole(file(name))).toBe(true);
    expect(isCutShort(file(name))).toBe(false);
    expect(isCutShort(file(name).subarray(0, -1))).toBe(true);
  });

  // The lengths of the global heap's objects: h5wasm 0.10.3 never returns from reading the attributes of these.
  it.each([3400, 3424, 3448, 3472, 3496, 3528, 3560, 3584, 3616])('with byte %i damaged is refused', async (at) => {
    await expect(read(damaged(at, 255))).rejects.toMatchObject({ code: 'CORRUPT', place: { file: 'model.h5' } });
  });

  it('with a heap longer than the file is refused', () => {
    expect(globalHeapsAreWhole(damaged(2048 + 10, 1))).toBe(false);
    expect(globalHeapsAreWhole(functional.subarray(0, 2048 + 20))).toBe(false);
    expect(globalHeapsAreWhole(damaged(2048 + 9, 1))).toBe(false);
  });

  it('damaged anywhere else gives what it says, or a FerError', async () => {
    for (let at = 0; at < functional.length; at += 41) {
      for (const mask of [1, 64]) {
        const failure = await read(damaged(at, mask)).then(
          () => undefined,
          (error) => error,
        );
        if (failure !== undefined && !isFerError(failure)) expect(failure, `byte ${at} ^ ${mask}`).toBeUndefined();
      }
    }
    await read(functional);
  });

  it('is not read once the signal has aborted', async () => {
    await expect(read(functional, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
