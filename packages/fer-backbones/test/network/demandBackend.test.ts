import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { SavedPart } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { describe, expect, it } from 'vitest';
import { compactVgg, importKeras, layersBackboneLoader, shallowCnn, vgg16 } from '../../src/index.js';
import * as node from '../../src/node.js';

const file = new Uint8Array(readFileSync(new URL('../keras/fixtures/shallow.h5', import.meta.url)));
const part: SavedPart = {
  kind: 'layers-backbone',
  config: { architecture: 'a', preprocessing: { height: 48, width: 48, channels: 1, values: 'scale' } },
  files: new Map([
    ['model.json', new Uint8Array(2)],
    ['weights.bin', new Uint8Array(4)],
  ]),
};

describe('before a backend runs', () => {
  // In a process of its own: Vitest isolates files.
  it.each([
    ['has been set', () => undefined],
    ['has started', () => void tf.setBackend('slow')],
  ])('networks say what to call first: none %s', async (_, begin) => {
    tf.registerBackend('slow', () => new Promise<tf.KernelBackend>(() => undefined));
    begin();
    const uses: (() => unknown)[] = [
      () => shallowCnn(),
      () => compactVgg(),
      () => vgg16(),
      () => node.vgg16({ weights: 'imagenet' }),
      () => importKeras(file),
      () => node.importKeras(file),
      () => layersBackboneLoader.load(part),
    ];
    for (const use of uses) {
      await expect((async () => use())()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('await useWasm()'),
      });
    }
  });

  it('networks can be made after that', async () => {
    await useWasm({ threads: 1 });
    shallowCnn().dispose();
    (await importKeras(file, { preprocessing: 'scale', classes: 'fer2013' })).backbone.dispose();
  });
});
