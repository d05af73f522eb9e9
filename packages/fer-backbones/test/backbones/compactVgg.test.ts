import type * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { compactVgg, sgd } from '../../src/index.js';
import { patches } from '../data.js';

beforeAll(() => useWasm({ threads: 2 }));

describe('compactVgg', () => {
  it('has the layers and the parameters that its recipe was tried with', () => {
    const backbone = compactVgg();
    const { model } = backbone;
    const trainable = model.trainableWeights.reduce((sum, weight) => sum + (weight.read() as tf.Tensor).size, 0);
    expect(trainable + 512 * 7 + 7).toBe(1_548_863);
    expect(backbone.outputSize).toBe(512);
    const convolutions = model.layers.filter((layer) => layer.getClassName() === 'Conv2D');
    expect(convolutions.map((layer) => layer.outputShape)).toEqual(
      [
        [48, 24],
        [24, 48],
        [12, 96],
        [6, 192],
      ].flatMap(([size, filters]) => [
        [null, size, size, filters],
        [null, size, size, filters],
      ]),
    );
    const multiplyAdds = convolutions.reduce((sum, layer) => {
      const [, height, width] = layer.outputShape as number[];
      return sum + height * width * layer.countParams();
    }, 1728 * 512);
    expect(multiplyAdds / 1e6).toBeCloseTo(67, 0);
    backbone.dispose();
  });

  it('learns', async () => {
    const backbone = compactVgg({ seed: 1 });
    const { history } = await backbone.fit(patches(48, 48), {
      ...{ epochs: 4, batchSize: 8, optimizer: sgd(), learningRate: 5e-3, validation: patches(24, 48, 1) },
    });
    expect(history[3].validationAccuracy).toBeGreaterThan(0.9);
    backbone.dispose();
  });

  it('has other widths, averaged features and no last pooling', () => {
    const tiny = compactVgg({ widths: [16, 32, 48, 64], features: 'average' });
    expect(tiny.countParams() + 64 * 7 + 7).toBe(116_439 + 640); // PyTorch counts 116,439, and not the 640 moving statistics
    expect(tiny.outputSize).toBe(64);
    tiny.dispose();
    const large = compactVgg({ widths: [32, 64, 128, 256], features: 'average', finalPool: false });
    expect(large.countParams() + 256 * 7 + 7).toBe(1_174_439 + 1920);
    large.dispose();
  });

  it.each([
    [{ widths: [] }, /widths/],
    [{ widths: [24, 0.5] }, /widths/],
    [{ features: 0 }, /features/],
    [{ dropout: [0.1] }, /dropout/],
    [{ featureDropout: 1 }, /featureDropout/],
    [{ width: 24 } as object, /did you mean "widths"/],
  ])('refuses %j', (options, message) => {
    expect(() => compactVgg(options)).toThrow(message);
  });
});
