import { type Dataset, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { makeBatch, makeTargets, takeLabels } from '../../src/training/batches.js';
import { imageWeights, resolveClassWeight } from '../../src/training/classWeight.js';
import { RateTrail } from '../../src/training/rateTrail.js';

const classes = ['a', 'b', 'c', 'd'];
const labels = Uint8Array.of(2, 0, 3);
const soft = Float32Array.of(0.25, 0, 0.75, 0, 1, 0, 0, 0, 0.125, 0.25, 0.125, 0.5);
const data: Dataset = {
  images: Uint8Array.of(1, 2, 3, 4, 5, 6),
  n: 3,
  height: 1,
  width: 2,
  channels: 1,
  labels,
  classes,
  ids: ['x', 'y', 'z'],
};

describe('makeTargets', () => {
  it('is one-hot, smoothed by an even share over all k classes', () => {
    // Szegedy et al. (2016), section 7: (1 − ε)·δ + ε/k; torch.nn.CrossEntropyLoss(label_smoothing=0.2) takes the same.
    expect(Array.from(makeTargets({ labels, classes }, 0))).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    const smoothed = [0.05, 0.05, 0.85, 0.05, 0.85, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.85];
    Array.from(makeTargets({ labels, classes }, 0.2)).forEach((value, i) => {
      expect(value).toBeCloseTo(smoothed[i], 6);
    });
  });

  it('takes soft labels in their place', () => {
    expect(makeTargets({ labels, classes, soft }, 0)).toEqual(soft);
    Array.from(makeTargets({ labels, classes, soft }, 0.4)).forEach((value, i) => {
      expect(value).toBeCloseTo(0.6 * soft[i] + 0.1, 6);
    });
  });
});

describe('takeLabels', () => {
  it('takes rows in the order given, with their soft labels', () => {
    expect(takeLabels({ labels, classes }, Uint32Array.of(2, 0))).toEqual({ labels: Uint8Array.of(3, 2), classes });
    expect(takeLabels({ labels, classes, soft }, Uint32Array.of(2, 0))).toEqual({
      labels: Uint8Array.of(3, 2),
      classes,
      soft: Float32Array.of(0.125, 0.25, 0.125, 0.5, 0.25, 0, 0.75, 0),
    });
  });
});

describe('makeBatch', () => {
  const random = { augment: new Random('augment'), transform: new Random('transform') };

  it('augments the rows, then transforms them, each with its own generator', () => {
    const seen: unknown[] = [];
    const batch = makeBatch(
      data,
      [2, 0],
      {
        augmentation: (images, generator) => {
          seen.push(generator === random.augment, Array.from(images.images));
          return { ...images, images: images.images.map((value) => value * 10) };
        },
        batchTransform: (given, generator) => {
          seen.push(generator === random.transform, Array.from(given.images), Array.from(given.labels));
          return { ...given, labels: Uint8Array.of(1, 1) };
        },
      },
      random,
    );
    expect(seen).toEqual([true, [5, 6, 1, 2], true, [50, 60, 10, 20], [3, 2]]);
    expect(batch).toMatchObject({ n: 2, labels: Uint8Array.of(1, 1), images: Uint8Array.of(50, 60, 10, 20), classes });
    expect(batch.ids).toBeUndefined();
  });

  it('leaves the rows as they are without either', () => {
    const none = { augmentation: undefined, batchTransform: undefined };
    expect(Array.from(makeBatch(data, [1], none, random).images)).toEqual([3, 4]);
  });

  it.each<[string, (batch: Dataset) => Dataset]>([
    ['fewer images', (batch) => ({ ...batch, n: 1 })],
    ['fewer classes', (batch) => ({ ...batch, classes: ['a', 'b'] })],
  ])('refuses a transform that gives %s', (_, batchTransform) => {
    expect(() => makeBatch(data, [0, 1], { augmentation: undefined, batchTransform }, random)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('class weights', () => {
  it('balanced is that of scikit-learn, and counts soft labels by their shares', () => {
    // compute_class_weight('balanced', classes=[0,1,2,3], y=[0,0,0,1,1,2,3,3]) with scikit-learn 1.2.1
    const hard = { labels: Uint8Array.of(0, 0, 0, 1, 1, 2, 3, 3), classes };
    const expected = [2 / 3, 1, 2, 1];
    Array.from(resolveClassWeight('balanced', hard)!).forEach((weight, c) => {
      expect(weight).toBeCloseTo(expected[c], 12);
    });
    // The same rows as soft labels, and the mass of `soft`: 1.375, 0.25, 0.875, 0.5.
    const mass = [1.375, 0.25, 0.875, 0.5];
    Array.from(resolveClassWeight('balanced', { labels, classes, soft })!).forEach((weight, c) => {
      expect(weight).toBeCloseTo(3 / (4 * mass[c]), 12);
    });
    expect(resolveClassWeight(undefined, hard)).toBeUndefined();
    expect(resolveClassWeight([1, 2, 0, 3], hard)).toEqual(Float64Array.of(1, 2, 0, 3));
  });

  it('give each image that of its class, or the mean by its soft label', () => {
    expect(Array.from(imageWeights({ labels, classes }, [1, 2, 4, 8]))).toEqual([4, 1, 8]);
    expect(Array.from(imageWeights({ labels, classes, soft }, [1, 2, 4, 8]))).toEqual([3.25, 1, 5.125]);
  });
});

describe('RateTrail', () => {
  it('is the 32-bit FNV-1a of the rates to six digits', () => {
    // Published test vectors of FNV-1a have these basis and prime; python3: h = 0x811c9dc5; for c in
    // b'0.00100000;': h = (h ^ c) * 0x01000193 % 2**32; then the same with b'0.000500000;'.
    const trail = new RateTrail();
    expect(trail.digest).toBe(0x811c9dc5);
    trail.add(0.001);
    expect(trail.digest).toBe(3102651731);
    trail.add(0.0005);
    expect(trail.digest).toBe(1548473115);
    const resumed = new RateTrail(3102651731);
    resumed.add(0.0005000000001);
    expect(resumed.digest).toBe(1548473115);
  });
});
