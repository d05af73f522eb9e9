import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, type Dataset, FerError, type Progress } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cosine, type Optimizer, sgd, type TrainOptions } from '../../src/index.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 2 }));
beforeEach(() => void tf.setBackend('wasm'));

const train = patches(60, 12);
const test = patches(30, 12, 1);

describe('fit', () => {
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

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, undefined])('refuses %s from a schedule', async (factor) => {
    const backbone = smallBackbone();
    const schedule = (step: number) => (step < 2 ? 1 : (factor as number));
    await expect(backbone.fit(train, { epochs: 2, batchSize: 30, schedule })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`schedule returned ${factor} for step 2`),
    });
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

  it('passes every batch through the transform, after the augmentation, with its labels', async () => {
    const backbone = smallBackbone();
    const augmentation: Augmentation = (images) => ({ ...images, images: images.images.fill(7) });
    const seen: number[] = [];
    const batchTransform = (batch: Dataset) => {
      expect(batch.images.every((value) => value === 7)).toBe(true);
      seen.push(...batch.labels);
      return { ...batch, soft: new Float32Array(batch.n * 3).fill(1 / 3) };
    };
    const { history } = await backbone.fit(train, {
      ...{ epochs: 1, batchSize: 25, learningRate: 1e-9, augmentation, batchTransform },
    });
    expect(seen.sort()).toEqual(Array.from(train.labels).sort());
    expect(history[0].loss).toBeGreaterThanOrEqual(Math.log(3) - 1e-6);
    const fewer = (batch: Dataset) => ({ ...batch, n: 1 });
    await expect(backbone.fit(train, { batchTransform: fewer })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    backbone.dispose();
  });

  it('shortens gradients that are longer than clipNorm', async () => {
    const move = async (clipNorm?: number) => {
      const backbone = smallBackbone();
      const weights = backbone.model.trainableWeights.map((weight) => weight.read());
      const before = weights.map((weight) => weight.dataSync().slice());
      const plain = sgd({ momentum: 0, nesterov: false });
      await backbone.fit(train, { epochs: 1, batchSize: 60, optimizer: plain, learningRate: 1e-2, clipNorm });
      const moves = weights.map((weight, i) => Array.from(weight.dataSync(), (value, j) => value - before[i][j]));
      backbone.dispose();
      return moves.flat();
    };
    const free = await move();
    const length = Math.hypot(...free);
    const clipped = await move(0.01);
    const ratio = Math.hypot(...clipped) / length;
    expect(ratio).toBeLessThan(0.1);
    // The same direction: float32 weights carry moves of this size to some thousandths.
    clipped.forEach((value, i) => {
      expect(Math.abs(value - ratio * free[i])).toBeLessThan(1e-7);
    });
    expect(Math.hypot(...clipped)).toBeLessThan(1e-2 * 0.01 * 1.001);
    expect(await move(1e6)).toEqual(free);
  });

  it.each([undefined, { patience: Infinity }])(
    'ends with the moving average of all weights where one is asked for, with early stopping %j',
    async (earlyStopping) => {
      const values = [3, -1, 4, 1, -5];
      const optimizer: Optimizer = {
        ...{ name: 'given', config: {}, slots: 0 },
        update: (weight, _gradient, _slots, { step }) => weight.assign(tf.fill(weight.shape, values[step])),
      };
      const backbone = smallBackbone();
      await backbone.fit(train, {
        epochs: 1,
        batchSize: 12,
        optimizer,
        emaDecay: 0.3,
        validation: test,
        earlyStopping,
      });
      // The layer's bias begins at 0; step t counts at least 9 / (10 + t).
      const expected = values.reduce((average, value, t) => {
        const decay = Math.min(0.3, (1 + t) / (10 + t));
        return decay * average + (1 - decay) * value;
      }, 0);
      expect(backbone.layer?.bias[0]).toBeCloseTo(expected, 5);
      expect(backbone.model.layers[1].getWeights()[1].dataSync()[0]).toBeCloseTo(expected, 5);
      backbone.dispose();
    },
  );

  it('measures the moving average, and goes on from the weights', async () => {
    const run = async (emaDecay?: number) => {
      const backbone = smallBackbone();
      const { history } = await backbone.fit(train, { epochs: 3, batchSize: 16, validation: test, emaDecay });
      backbone.dispose();
      return history.map(({ seconds, ...record }) => record);
    };
    const [plain, zero, averaged] = [await run(), await run(0), await run(0.9)];
    expect(zero).toEqual(plain);
    averaged.forEach((record, i) => {
      expect(record.loss).toBe(plain[i].loss);
      expect(record.validationLoss).not.toBe(plain[i].validationLoss);
    });
  });

  it('stops early, with the weights of the best epoch', async () => {
    const backbone = smallBackbone();
    const fitted = await backbone.fit(train, {
      ...{ epochs: 40, batchSize: 16, learningRate: 5e-3, validation: test, earlyStopping: { patience: 3 } },
    });
    const { history, epoch } = fitted;
    expect(history).toHaveLength(epoch + 3);
    expect(history.length).toBeLessThan(40);
    const accuracies = history.map(({ validationAccuracy }) => validationAccuracy!);
    expect(accuracies[epoch - 1]).toBe(Math.max(...accuracies));
    const { data } = await backbone.transform(test);
    const { weights, bias } = backbone.layer!;
    const correct = Array.from(test.labels).filter((label, i) => {
      const scores = Array.from(bias, (b, j) => {
        let sum = b;
        for (let f = 0; f < 16; f++) sum += data[i * 16 + f] * weights.data[f * 3 + j];
        return sum;
      });
      return scores.indexOf(Math.max(...scores)) === label;
    });
    expect(correct.length / 30).toBe(accuracies[epoch - 1]);
    backbone.dispose();
  });

  it('leaves layers that are not trainable as they are, their moving averages too', async () => {
    const backbone = smallBackbone();
    const frozen = backbone.model.layers.slice(0, 4);
    for (const layer of frozen) layer.trainable = false;
    const numbers = (from: number, to: number) =>
      backbone.model.layers.slice(from, to).flatMap((layer) => layer.getWeights().map((w) => Array.from(w.dataSync())));
    const [before, above] = [numbers(0, 4), numbers(4, 99)];
    await backbone.fit(train, { epochs: 1 });
    expect(numbers(0, 4)).toEqual(before);
    expect(numbers(4, 99)).not.toEqual(above);
    backbone.dispose();
  });

  it('measures more images than fit in one pass, with frozen inputs kept and without', async () => {
    // 130 images: a pass of 128 and one of 2.
    const many = patches(130, 12, 2);
    const run = async (cacheFrozen?: TrainOptions['cacheFrozen']) => {
      const backbone = smallBackbone();
      backbone.freeze({ until: 'flatten' });
      const { history } = await backbone.fit(train, { epochs: 2, batchSize: 30, validation: many, cacheFrozen });
      backbone.dispose();
      return history.map(({ seconds, ...record }) => record);
    };
    const kept = await run({});
    expect(kept).toEqual(await run());
    expect(kept[1].validationAccuracy! * 130).toBeCloseTo(Math.round(kept[1].validationAccuracy! * 130), 9);
  });

  it('refuses to keep the inputs of a first layer that trains', async () => {
    const backbone = smallBackbone();
    await expect(backbone.fit(train, { cacheFrozen: {} })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
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
    const kinds = events.map(({ kind }) => kind).filter((kind) => kind !== 'warning');
    expect(kinds).toEqual(['step', 'step', 'step', 'epoch', 'step', 'step', 'step', 'epoch']);
    // The last step of an epoch has seen all of it.
    const steps = events.filter((event) => event.kind === 'step');
    const epochs = events.filter((event) => event.kind === 'epoch');
    for (const [i, { epoch, loss, accuracy }] of epochs.entries()) {
      expect(steps[3 * i + 2]).toMatchObject({ epoch, epochs: 2, step: 3, steps: 3, accuracy });
      expect(steps[3 * i + 2].loss).toBeCloseTo(loss, 10);
      expect(accuracy * 60).toBeCloseTo(Math.round(accuracy * 60), 10);
    }
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

  it.each(['softmax', 'squaredHinge'] as const)('says where %s is finite and absurd', async (loss) => {
    const backbone = smallBackbone();
    const fit = backbone.fit(train, { epochs: 3, batchSize: 20, learningRate: loss === 'softmax' ? 1e8 : 1e4, loss });
    await expect(fit).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(/loss is [\d.e+]+, that of equal scores .* at epoch \d, step 3.*lower/),
    });
    backbone.dispose();
  });

  it('forgives a bad start', async () => {
    const backbone = smallBackbone();
    const weights = { data: new Float32Array(48).map((_, i) => 3e3 * Math.sin(i)), rows: 16, columns: 3 };
    const layer = { weights, bias: new Float32Array(3), classes: train.classes };
    const options = { epochs: 1, batchSize: 60, learningRate: 1e-9, optimizer: sgd(), layer };
    const { history } = await backbone.fit(train, options);
    expect(history[0].loss).toBeGreaterThan(100 * Math.log(3));
    // Not where it stays: the second epoch's loss is no longer that of the initial weights.
    await expect(backbone.fit(train, { ...options, epochs: 2 })).rejects.toMatchObject({ code: 'DIVERGED' });
    backbone.dispose();
  });

  it('warns at the end of a training that learned nothing, and only then', async () => {
    const warnings = async (learningRate: number) => {
      const backbone = smallBackbone();
      const messages: string[] = [];
      const onProgress = (event: Progress) => void (event.kind === 'warning' && messages.push(event.message));
      await backbone.fit(train, { epochs: 4, batchSize: 16, learningRate, onProgress });
      backbone.dispose();
      return messages;
    };
    expect(await warnings(1e-9)).toEqual([expect.stringMatching(/ended with a loss of .*equal scores.*1\.10\./)]);
    expect(await warnings(2e-3)).toEqual([]);
  });

  it('calls the methods of an options object of a class', async () => {
    class Counting {
      epochs = 1;
      batchSize = 30;
      #steps = 0;
      onProgress(event: Progress): void {
        if (event.kind === 'step') this.#steps++;
      }
      get steps(): number {
        return this.#steps;
      }
    }
    const backbone = smallBackbone();
    const options = new Counting();
    await backbone.fit(train, options);
    expect(options.steps).toBe(2);
    backbone.dispose();
  });

  it('is refused while another one of the same network runs', async () => {
    const backbone = smallBackbone();
    const first = backbone.fit(train, { epochs: 1 });
    const second = backbone.withViews('flip').fit(train, { epochs: 1 });
    await expect(second).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await first;
    await backbone.fit(train, { epochs: 1 });
    backbone.dispose();
  });

  it("weighs classes as scikit-learn's 'balanced' does", async () => {
    const rows = [0, 1, 2, 3, 6, 9];
    const data = {
      ...train,
      n: 6,
      images: Uint8Array.from(rows.flatMap((row) => [...train.images.subarray(row * 144, (row + 1) * 144)])),
      labels: Uint8Array.from(rows, (row) => train.labels[row]),
    };
    const loss = async (classWeight: 'balanced' | number[]) => {
      const backbone = smallBackbone();
      const { history } = await backbone.fit(data, { epochs: 1, classWeight });
      backbone.dispose();
      return history[0].loss;
    };
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 1, 2, 0, 0, 0]) of scikit-learn 1.2.
    expect(await loss('balanced')).toBe(await loss([0.5, 2, 2]));
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
    ['a class without images', { ...train, classes: [...train.classes, 'right'] }, {}, 'INVALID_DATA'],
    ['a validation set of other classes', train, { validation: { ...test, classes: ['a', 'b', 'c'] } }, 'INVALID_DATA'],
    ['a single class', { ...train, labels: new Uint8Array(60), classes: ['only'] }, {}, 'INVALID_DATA'],
    ['no epochs', train, { epochs: 0 }, 'INVALID_ARGUMENT'],
    ['half an image a batch', train, { batchSize: 0.5 }, 'INVALID_ARGUMENT'],
    ['a negative rate', train, { learningRate: -1 }, 'INVALID_ARGUMENT'],
    ['label smoothing of 1', train, { labelSmoothing: 1 }, 'INVALID_ARGUMENT'],
    ['an average that forgets nothing', train, { emaDecay: 1 }, 'INVALID_ARGUMENT'],
    ['gradients of no length', train, { clipNorm: 0 }, 'INVALID_ARGUMENT'],
    ['an optimizer by name', train, { optimizer: 'adam' as never }, 'INVALID_ARGUMENT'],
    ['a schedule that is a number', train, { schedule: 0.5 as never }, 'INVALID_ARGUMENT'],
    ['a loss by another name', train, { loss: 'hinge' as never }, 'INVALID_ARGUMENT'],
    ['a store by its path', train, { checkpoints: { store: 'runs' as never } }, 'INVALID_ARGUMENT'],
    ['class weights by another name', train, { classWeight: 'even' as never }, 'INVALID_ARGUMENT'],
    ['two class weights for three classes', train, { classWeight: [1, 2] }, 'INVALID_ARGUMENT'],
    ['a negative class weight', train, { classWeight: [1, 2, -1] }, 'INVALID_ARGUMENT'],
    ['early stopping without validation', train, { earlyStopping: { patience: 2 } }, 'INVALID_ARGUMENT'],
    ['no patience', train, { validation: test, earlyStopping: { patience: 0 } }, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_, data, options, code) => {
    const backbone = smallBackbone();
    await expect(backbone.fit(data, options)).rejects.toSatisfy(
      (error) => error instanceof FerError && error.code === code,
    );
    backbone.dispose();
  });
});
