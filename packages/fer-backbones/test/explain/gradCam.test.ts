import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Images, type LinearLayer, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LayersBackbone } from '../../src/backbones/layersBackbone.js';
import { gradCam, type HeatMaps, overlayHeat } from '../../src/index.js';
import { buildNetwork } from '../../src/network/network.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));
beforeEach(() => void tf.setBackend('cpu'));

function head(rows: number, columns: number, seed = 1): LinearLayer {
  const random = new Random(seed);
  const draw = (n: number) => Float32Array.from({ length: n }, () => random.normal());
  const classes = Array.from({ length: columns }, (_, i) => `c${i}`);
  return { weights: { data: draw(rows * columns), rows, columns }, bias: draw(columns), classes };
}

/** A 1×1 convolution (as large as the image: nothing is resized), pooling, dense: small enough to compute by loops. */
function tiny() {
  const input = { height: 4, width: 4, channels: 1, values: 'scale' } as const;
  const specs = [{ conv: 3, kernel: 1, relu: true }, { pool: 2 }, 'flatten', { dense: 5, relu: true }] as const;
  return new LayersBackbone('tiny', buildNetwork(specs, input, new Random(4)), input);
}

/** Grad-CAM of tiny() in float64, the gradient by central differences. */
function byDifferences(backbone: LayersBackbone, layer: LinearLayer, pixels: Uint8Array, target: number): number[] {
  const weights = (name: string) =>
    backbone.model
      .getLayer(name)
      .getWeights()
      .map((w) => w.dataSync());
  const [[kernel, offset], [dense, bias]] = [weights('conv2d'), weights('dense')];
  const maps = Array.from({ length: 48 }, (_, i) =>
    Math.max(0, (pixels[Math.floor(i / 3)] / 255) * kernel[i % 3] + offset[i % 3]),
  );
  const score = (a: number[]) => {
    const pooled = Array.from({ length: 12 }, (_, i) => {
      const [y, x, k] = [Math.floor(i / 6), Math.floor(i / 3) % 2, i % 3];
      const at = (dy: number, dx: number) => a[((2 * y + dy) * 4 + 2 * x + dx) * 3 + k];
      return Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
    });
    const features = Array.from({ length: 5 }, (_, j) =>
      Math.max(
        0,
        pooled.reduce((sum, v, i) => sum + v * dense[i * 5 + j], bias[j]),
      ),
    );
    return features.reduce(
      (sum, v, j) => sum + v * layer.weights.data[j * layer.weights.columns + target],
      layer.bias[target],
    );
  };
  const alpha = [0, 0, 0];
  maps.forEach((_, i) => {
    const moved = (by: number) => score(maps.map((v, j) => (i === j ? v + by : v)));
    alpha[i % 3] += (moved(1e-6) - moved(-1e-6)) / 2e-6 / 16;
  });
  const heat = Array.from({ length: 16 }, (_, i) =>
    Math.max(
      0,
      alpha.reduce((sum, a, k) => sum + a * maps[i * 3 + k], 0),
    ),
  );
  const most = Math.max(...heat);
  return heat.map((v) => (most > 0 ? v / most : 0));
}

describe('gradCam', () => {
  it.each(['cpu', 'wasm'])('is what differences of the score give, for every class (%s)', async (backend) => {
    await tf.setBackend(backend);
    const random = new Random(2);
    const images: Images = {
      images: Uint8Array.from({ length: 6 * 16 }, () => random.int(256)),
      ...{ n: 6, height: 4, width: 4, channels: 1 },
    };
    const backbone = tiny();
    const layer = head(5, 4);
    const before = tf.memory().numTensors;
    let lit = 0;
    for (let target = 0; target < 4; target++) {
      const maps = await gradCam(backbone, layer, images, { target });
      expect([...maps.targets]).toEqual(Array(6).fill(target));
      for (let i = 0; i < 6; i++) {
        const expected = byDifferences(backbone, layer, images.images.subarray(i * 16, (i + 1) * 16), target);
        lit += Number(Math.max(...expected) > 0);
        expected.forEach((value, j) => {
          expect(maps.data[i * 16 + j]).toBeCloseTo(value, 4);
        });
      }
    }
    expect(lit).toBeGreaterThan(3);
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
  });

  it.each([undefined, 'conv2d', 'max_pooling2d'])(
    'is the same on both engines through every layer: %s',
    async (layerName) => {
      const backbone = smallBackbone();
      const images = patches(40, 12);
      const maps: HeatMaps[] = [];
      for (const backend of ['wasm', 'cpu']) {
        await tf.setBackend(backend);
        maps.push(await gradCam(backbone, head(16, 3), images, { layerName }));
      }
      expect(maps[0].targets).toEqual(maps[1].targets);
      expect(Math.max(...maps[1].data)).toBe(1);
      maps[0].data.forEach((value, i) => {
        expect(value).toBeCloseTo(maps[1].data[i], 3);
      });
      backbone.dispose();
    },
  );

  it('refuses what does not fit', async () => {
    const backbone = tiny();
    const images: Images = { images: new Uint8Array(16), n: 1, height: 4, width: 4, channels: 1 };
    const run = (layer: LinearLayer, options = {}, x = images) => gradCam(backbone, layer, x, options);
    await expect(run(head(6, 3))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const short = { ...head(5, 3), bias: new Float32Array(2) };
    await expect(run(short)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(run(head(5, 3), { target: 3 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(run(head(5, 3), { layerName: 'dense' })).rejects.toThrow('puts out no maps');
    await expect(run(head(5, 3), { layerName: 'x' })).rejects.toThrow('no layer x');
    await expect(run(head(5, 3), {}, patches(1, 12))).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(run(head(5, 3), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    backbone.dispose();
  });
});

describe('overlayHeat', () => {
  const images: Images = { images: Uint8Array.of(0, 100, 200, 255), n: 1, height: 2, width: 2, channels: 1 };
  const maps = { data: Float32Array.of(0, 0.5, 1, 0.75), n: 1, height: 2, width: 2, targets: Uint8Array.of(0) };

  it('mixes grey and colour: 0 dark blue, a half green, 1 dark red', () => {
    expect(overlayHeat(images, maps)).toEqual({
      images: Uint8Array.of(0, 0, 51, 111, 162, 111, 171, 120, 120, 255, 204, 153),
      ...{ n: 1, height: 2, width: 2, channels: 3 },
    });
    const grey = overlayHeat(images, maps, { opacity: 0 });
    expect([...grey.images.subarray(3, 6)]).toEqual([100, 100, 100]);
    expect(overlayHeat(grey, maps, { opacity: 0.4 })).toEqual(overlayHeat(images, maps));
  });

  it('refuses maps of other images, and other opacities', () => {
    expect(() => overlayHeat({ ...images, n: 2, images: new Uint8Array(8) }, maps)).toThrow('not of these 2 images');
    expect(() => overlayHeat(images, maps, { opacity: 2 })).toThrow('opacity is 2');
    expect(() => overlayHeat(images, maps, { opacity: '1' as never })).toThrow('opacity is "1"');
    expect(() => overlayHeat(images, { ...maps, data: new Float32Array(3) })).toThrow('3 numbers in the maps');
  });
});
