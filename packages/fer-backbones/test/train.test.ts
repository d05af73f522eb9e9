import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, FerError, type Progress } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cosine } from '../src/index.js';
import { patches } from './data.js';
import { smallBackbone } from './small.js';

beforeAll(() => useWasm({ threads: 2 }));
beforeEach(() => void tf.setBackend('wasm'));

const train = patches(60, 12);
const test = patches(30, 12, 1);

describe('fit', () => {
  it.each(['softmax', 'squaredHinge'] as const)('follows the cpu backend for twenty steps of %s', async (loss) => {
    const losses: number[][] = [];
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const steps: number[] = [];
      const backbone = smallBackbone();
      await backbone.fit(train, {
        ...{ loss, epochs: 4, batchSize: 12, learningRate: 1e-3, seed: 3, labelSmoothing: 0.1 },
        onProgress: (event) => void (event.kind === 'step' && steps.push(event.loss)),
      });
      losses.push(steps);
      backbone.dispose();
    }
    expect(losses[0]).toHaveLength(20);
    losses[0].forEach((value, i) => {
      expect(Math.abs(value - losses[1][i]) / losses[1][i]).toBeLessThan(1e-3);
    });
  });

  it('learns', async () => {
    const backbone = smallBackbone();
    const { history } = await backbone.fit(train, {
      epochs: 12,
      batchSize: 16,
      learningRate: 2e-3,
      validation: test,
      schedule: cosine(),
    });
    expect(history).toHaveLength(12);
    expect(history[11].loss).toBeLessThan(history[0].loss);
    expect(history[11].validationAccuracy).toBeGreaterThan(0.9);
    expect(history[11].learningRate).toBeLessThan(1e-4);
    expect(backbone.layer?.weights).toMatchObject({ rows: 16, columns: 3 });
    expect(backbone.layer?.classes).toEqual(['top', 'left', 'centre']);
    backbone.dispose();
  });

  it('is fixed by its seed, and by nothing else', async () => {
    const run = async (seed: number) => {
      const backbone = smallBackbone(1);
      await backbone.fit(train, { epochs: 2, batchSize: 16, seed });
      const { data } = await backbone.transform(test);
      backbone.dispose();
      return data;
    };
    const first = await run(5);
    expect(await run(5)).toEqual(first);
    expect(await run(6)).not.toEqual(first);
  });

  it('passes every batch through the augmentation', async () => {
    const backbone = smallBackbone();
    let seen = 0;
    const augmentation: Augmentation = (images) => {
      seen += images.n;
      return { ...images, images: images.images.map((v) => 255 - v) };
    };
    await backbone.fit(train, { epochs: 2, batchSize: 25, augmentation });
    expect(seen).toBe(120);
    backbone.dispose();
  });

  it('takes soft labels as targets', async () => {
    const soft = Float32Array.from({ length: 180 }, () => 1 / 3);
    const backbone = smallBackbone();
    const { history } = await backbone.fit({ ...train, soft }, { epochs: 30, batchSize: 60, learningRate: 3e-3 });
    expect(history[29].loss).toBeGreaterThan(Math.log(3) - 1e-3);
    expect(history[29].loss).toBeLessThan(Math.log(3) + 0.3);
    backbone.dispose();
  });

  it('reports steps and epochs, with the time left', async () => {
    const events: Progress[] = [];
    const backbone = smallBackbone();
    await backbone.fit(train, {
      epochs: 2,
      batchSize: 25,
      validation: test,
      onProgress: (event) => events.push(event),
    });
    expect(events.map(({ kind }) => kind)).toEqual(['step', 'step', 'step', 'epoch', 'step', 'step', 'step', 'epoch']);
    for (const event of events) {
      if (event.kind !== 'step') continue;
      expect(event.imagesPerSecond).toBeGreaterThan(0);
      expect(event.secondsLeft).toBeGreaterThanOrEqual(0);
    }
    backbone.dispose();
  });

  it('stops at an abort with its reason, and leaves no tensor behind', async () => {
    const backbone = smallBackbone();
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const fit = backbone.fit(train, {
      epochs: 100,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(fit).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    expect(backbone.layer).toBeUndefined();
    backbone.dispose();
  });

  it('leaves as many tensors as it found', async () => {
    const before = tf.memory().numTensors;
    const backbone = smallBackbone();
    const built = tf.memory().numTensors;
    await backbone.fit(train, { epochs: 1, validation: test });
    await backbone.transform(test);
    await backbone.serialize();
    expect(tf.memory().numTensors).toBe(built);
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says where training left the finite numbers', async () => {
    const backbone = smallBackbone();
    const fit = backbone.fit(train, { epochs: 50, learningRate: 1e38, loss: 'squaredHinge' });
    await expect(fit).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(/epoch \d+, step \d+.*lower/),
    });
    backbone.dispose();
  });

  it.each([
    ['an empty set', { ...train, n: 0, images: new Uint8Array(0), labels: new Uint8Array(0) }, {}, 'INVALID_DATA'],
    ['images of another size', patches(6, 13), {}, 'INVALID_DATA'],
    [
      'a label outside the classes',
      { ...train, labels: train.labels.map((v, i) => (i === 7 ? 3 : v)) },
      {},
      'INVALID_DATA',
    ],
    ['a validation set of other classes', train, { validation: { ...test, classes: ['a', 'b', 'c'] } }, 'INVALID_DATA'],
    ['no epochs', train, { epochs: 0 }, 'INVALID_ARGUMENT'],
    ['half an image a batch', train, { batchSize: 0.5 }, 'INVALID_ARGUMENT'],
    ['a negative rate', train, { learningRate: -1 }, 'INVALID_ARGUMENT'],
    ['label smoothing of 1', train, { labelSmoothing: 1 }, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_, data, options, code) => {
    const backbone = smallBackbone();
    await expect(backbone.fit(data, options)).rejects.toSatisfy(
      (error) => error instanceof FerError && error.code === code,
    );
    backbone.dispose();
  });
});
