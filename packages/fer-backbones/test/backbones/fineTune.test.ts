import * as tf from '@tensorflow/tfjs-core';
import type { Augmentation } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FineTuneStage, fineTune, type LayersBackbone, type TrainOptions } from '../../src/index.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));

const train = patches(60, 12);
const test = patches(30, 12, 1);
const STAGE = { epochs: 3, batchSize: 16, learningRate: 2e-3, seed: 3, validation: test };

/** A training's history without its times, and the weights it left. */
async function fit(options: TrainOptions, until = 'flatten') {
  const backbone = smallBackbone();
  backbone.freeze({ until });
  const before = tf.memory().numTensors;
  const { history } = await backbone.fit(train, { ...STAGE, ...options });
  expect(tf.memory().numTensors).toBe(before);
  const weights = numbers(backbone);
  backbone.dispose();
  return { history: history.map(({ seconds, ...record }) => record), weights };
}

function numbers({ model, layer }: LayersBackbone): number[][] {
  const all = model.getWeights().map((weight) => Array.from(weight.dataSync()));
  return [...all, Array.from(layer!.weights.data), Array.from(layer!.bias)];
}

const negative: Augmentation = (images) => ({ ...images, images: images.images.map((value) => 255 - value) });

describe('cacheFrozen', () => {
  it.each(['conv2d_1', 'flatten', 'dense'])('trains from %s on as without it, to the bit', async (until) => {
    expect(await fit({ cacheFrozen: {} }, until)).toEqual(await fit({}, until));
  });

  it('keeps augmented passes, which the epochs take in turn', async () => {
    expect(await fit({ augmentation: negative, cacheFrozen: { passes: 2 } })).toEqual(
      await fit({ augmentation: negative }),
    );
    let pass = 0;
    // Only the second pass is negative: the first and the third epoch see the images as they are.
    const second: Augmentation = (images, random) => (pass++ === 1 ? negative(images, random) : images);
    const cached = await fit({ augmentation: second, cacheFrozen: { passes: 2 } });
    const plain = await fit({});
    expect(cached.history[0]).toEqual(plain.history[0]);
    expect(cached.history[1].loss).not.toBe(plain.history[1].loss);
    expect(pass).toBe(2);
  });

  it('trains nearly the same from half precision', async () => {
    const [half, whole] = [await fit({ cacheFrozen: { type: 'float16' } }), await fit({})];
    half.history.forEach((record, i) => {
      expect(Math.abs(record.loss - whole.history[i].loss)).toBeLessThan(5e-3);
    });
    expect(half.history).not.toEqual(whole.history);
  });

  it('is refused where there is nothing to keep, or no images may be missing', async () => {
    const backbone = smallBackbone();
    await expect(backbone.fit(train, { cacheFrozen: {} })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('freeze it first'),
    });
    backbone.freeze({ until: 'dense' });
    const mixed = backbone.fit(train, { cacheFrozen: {}, batchTransform: (batch) => batch });
    await expect(mixed).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const small = backbone.fit(train, { cacheFrozen: { memoryLimit: 1000 } });
    await expect(small).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    backbone.dispose();
  });
});

describe('fineTune', () => {
  it('goes on from the weights and the layer that the stage before left', async () => {
    const backbone = smallBackbone();
    const ofLayer = (name: string) =>
      backbone.model
        .getLayer(name)
        .getWeights()
        .flatMap((w) => Array.from(w.dataSync()));
    const names = ['conv2d', 'batch_normalization', 'conv2d_1', 'dense'];
    const initial = names.map(ofLayer);
    const results = await fineTune(backbone, train, [
      { freeze: { until: 'dense' }, ...STAGE, epochs: 8, cacheFrozen: {} },
      { freeze: { until: 'conv2d_1' }, ...STAGE, epochs: 2, learningRate: 1e-9, cacheFrozen: {} },
    ]);
    expect(results.map(({ history }) => history.length)).toEqual([8, 2]);
    const [first, second] = results.map(({ history }) => history.at(-1)!);
    expect(first.validationAccuracy).toBeGreaterThan(0.8);
    // At this rate nothing is learned: it is what the first stage knew. A fresh layer would be at a third.
    expect(second.validationAccuracy).toBeGreaterThan(0.6);
    // The first stage trained the dense layer alone, neither the first convolution and its batch norm.
    const changed = names.map(ofLayer).map((now, i) => now.some((value, at) => value !== initial[i][at]));
    expect(changed).toEqual([false, false, true, true]);
    backbone.dispose();
  });

  it('calls onProgress as a method of a stage of a class', async () => {
    class Stage {
      #events = 0;
      freeze = {};
      epochs = 1;
      onProgress(): void {
        this.#events++;
      }
      get events(): number {
        return this.#events;
      }
    }
    const backbone = smallBackbone();
    const stage = new Stage();
    await fineTune(backbone, train, [stage]);
    expect(stage.events).toBeGreaterThan(0);
    backbone.dispose();
  });

  it('reads the options of a stage of a class, be they getters', async () => {
    class Stage {
      readonly #epochs = 2;
      get freeze() {
        return {};
      }
      get epochs(): number {
        return this.#epochs;
      }
    }
    const backbone = smallBackbone();
    const [{ history }] = await fineTune(backbone, train, [new Stage()]);
    expect(history).toHaveLength(2);
    backbone.dispose();
  });

  it('refuses a layer whose numbers do not fit its sizes, or are not finite', async () => {
    const backbone = smallBackbone();
    await backbone.fit(train, { epochs: 1 });
    const given = backbone.layer!;
    const { weights } = given;
    for (const layer of [
      { ...given, weights: { ...weights, data: weights.data.slice(1) } },
      { ...given, weights: { ...weights, data: weights.data.map(() => Number.NaN) } },
      { ...given, bias: given.bias.slice(1) },
      { ...given, bias: [...given.bias] as never },
    ]) {
      await expect(backbone.fit(train, { layer })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    }
    backbone.dispose();
  });

  it('refuses a layer of other classes', async () => {
    const backbone = smallBackbone();
    await backbone.fit(train, { epochs: 1 });
    const layer = { ...backbone.layer!, classes: ['a', 'b', 'c'] };
    await expect(backbone.fit(train, { layer })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    backbone.dispose();
  });
});

describe('the stages of fineTune', () => {
  it.each([
    ['no range', { epochs: 1 }, /^a stage has no freeze: give \{ freeze/],
    ['nothing', undefined, /^a stage is undefined/],
    ['a misspelt option', { freeze: { until: 'dense' }, epoch: 1 }, /"epoch"/],
    ['a misspelt layer', { freeze: { until: 'dens' } }, /no layer dens:/],
    ['a misspelt range', { freeze: { til: 'dense' } }, /"til"/],
  ])('are refused before the first is trained, if one has %s', async (_name, stage, message) => {
    const backbone = smallBackbone();
    const flags = () => backbone.model.layers.map(({ trainable }) => trainable);
    const before = flags();
    let events = 0;
    const first = { freeze: { until: 'dense' }, epochs: 1, onProgress: () => events++ };
    await expect(fineTune(backbone, train, [first, stage as unknown as FineTuneStage])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
    expect(events).toBe(0);
    expect(flags()).toEqual(before);
    backbone.dispose();
  });
});
