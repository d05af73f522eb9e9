import * as tf from '@tensorflow/tfjs-core';
import { type Folder, memoryFolder } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { tfjsWeights } from '../../src/weights/tfjsWeights.js';

beforeAll(() => useWasm({ threads: 1 }));

const numbers = Float32Array.of(1, 2, 3, 4, 5, 6);
const bytes = new Uint8Array(numbers.buffer);
const spec = { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' };

/** A folder that notes what is read of it. */
function folder(group: object, files: [string, Uint8Array][] = [['weights.bin', bytes]]) {
  const json = new TextEncoder().encode(JSON.stringify({ weightsManifest: [group] }));
  const inner = memoryFolder([['model.json', json], ...files]);
  const asked: string[] = [];
  const noting: Folder = {
    location: 'noting',
    read: (name) => {
      asked.push(name);
      return inner.read(name);
    },
  };
  return { noting, asked };
}

describe('the weights of a tfjs-layers model', () => {
  it('are read from one file or several, in any of their types', async () => {
    const whole = await tfjsWeights(folder({ paths: ['weights.bin'], weights: [spec] }).noting);
    expect(whole.get('dense')).toEqual([{ name: 'dense/kernel', shape: [3, 2], values: numbers }]);
    const parts = folder({ paths: ['a.bin', 'b.bin'], weights: [spec] }, [
      ['a.bin', bytes.slice(0, 10)],
      ['b.bin', bytes.slice(10)],
    ]);
    expect((await tfjsWeights(parts.noting)).get('dense')?.[0].values).toEqual(numbers);
    const halves = { ...spec, quantization: { dtype: 'float16', original_dtype: 'float32' } };
    const half = folder({ paths: ['w'], weights: [halves] }, [
      ['w', new Uint8Array(Uint16Array.of(0x3c00, 0, 0, 0, 0, 0x4000).buffer)],
    ]);
    expect((await tfjsWeights(half.noting)).get('dense')?.[0].values).toEqual(Float32Array.of(1, 0, 0, 0, 0, 2));
  });

  it.each(['../secret', 'a/../../secret', '/etc/passwd', 'C:\\secret', 'a\\b', '.hidden', '', 'https://example.com/x'])(
    'never leave the folder: %j',
    async (path) => {
      const { noting, asked } = folder({ paths: [path], weights: [spec] });
      await expect(tfjsWeights(noting)).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('no name of a file in this folder'),
        place: { file: 'noting/model.json' },
      });
      expect(asked).toEqual(['model.json']);
    },
  );

  it.each([
    ['a file cut short', [spec], bytes.slice(0, 20)],
    ['a file too long', [spec], new Uint8Array(28)],
    ['a shape of more than there is', [{ ...spec, shape: [1e9, 1e9] }], bytes],
    ['a shape of no number', [{ ...spec, shape: [-3, -2] }], bytes],
    ['an unknown type', [{ ...spec, dtype: 'complex' }], bytes],
  ])('are refused with %s, and leave no tensor', async (_, weights, file) => {
    const before = tf.memory().numTensors;
    const { noting } = folder({ paths: ['weights.bin'], weights }, [['weights.bin', file]]);
    await expect(tfjsWeights(noting)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stop being read once there are more bytes than they need', async () => {
    const { noting, asked } = folder({ paths: ['a', 'b', 'c'], weights: [spec] }, [
      ['a', bytes],
      ['b', bytes],
      ['c', bytes],
    ]);
    await expect(tfjsWeights(noting)).rejects.toThrow('48 bytes of weights and more, their shapes need 24');
    expect(asked).toEqual(['model.json', 'a', 'b']);
  });
});
