import * as tf from '@tensorflow/tfjs-core';
import type { Images } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { LayersBackbone } from '../../src/backbones/layersBackbone.js';
import { compactVgg, miniXception, resNet, shallowCnn } from '../../src/index.js';
import { forward } from '../../src/network/forward.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

function images(n: number, side: number, seed: number): Images {
  const bytes = Uint8Array.from({ length: n * side * side }, (_, i) => (i * 7919 * (seed + 3)) % 251);
  return { images: bytes, n, height: side, width: side, channels: 1 };
}

/** The features of a pass through the layers. */
function ordinary({ model, preprocessing }: LayersBackbone, x: Images): Float32Array {
  return tf.tidy(() =>
    forward(model, toTensor(x, [0, x.n], preprocessing), { training: false })
      .dataSync<'float32'>()
      .slice(),
  );
}

describe('the features of few images, again and again', () => {
  it.each([
    ['small', () => smallBackbone(), 12, false],
    ['shallowCnn', () => shallowCnn({ seed: 1 }), 48, true],
    ['compactVgg', () => compactVgg({ seed: 1 }), 48, true],
    ['resNet', () => resNet({ seed: 1 }), 48, true],
    ['miniXception', () => miniXception({ seed: 1 }), 48, true],
  ] as const)('of %s are those of its layers, bit for bit', async (_, make, side, recorded) => {
    const backbone = make();
    const { numTensors } = tf.memory();
    for (const n of [5, 2, 1]) {
      for (let call = 0; call < 5; call++) {
        const x = images(n, side, call);
        expect((await backbone.transform(x)).data, `${n} images, call ${call}`).toEqual(ordinary(backbone, x));
      }
    }
    if (recorded) {
      const layers = vi.spyOn(tf.engine(), 'runKernel');
      await backbone.transform(images(1, side, 9));
      const { length } = layers.mock.calls;
      layers.mockRestore();
      expect(length).toBe(0);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    backbone.dispose();
  });

  it('follow the weights', async () => {
    const backbone = smallBackbone();
    const x = images(2, 12, 1);
    const agree = async () => {
      for (let call = 0; call < 4; call++) {
        expect((await backbone.transform(x)).data, `call ${call}`).toEqual(ordinary(backbone, x));
      }
    };
    await agree();
    const before = ordinary(backbone, x);
    tf.tidy(() => backbone.model.setWeights(backbone.model.getWeights().map((weight) => tf.mul(weight, 1.25))));
    expect(ordinary(backbone, x)).not.toEqual(before);
    await agree();
    const train = { ...images(8, 12, 2), labels: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1), classes: ['a', 'b'] };
    await backbone.fit(train, { epochs: 1, batchSize: 4 });
    await agree();
    await useWasm({ threads: 1 });
    await agree();
    await useWasm({ threads: 2 });
    await agree();
    backbone.dispose();
    await expect(backbone.transform(x)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are the means over the views', async () => {
    const backbone = smallBackbone();
    const flipped = backbone.withViews('flip');
    const x = images(1, 12, 4);
    const first = (await flipped.transform(x)).data;
    for (let call = 0; call < 4; call++) expect((await flipped.transform(x)).data).toEqual(first);
    backbone.dispose();
  });
});
