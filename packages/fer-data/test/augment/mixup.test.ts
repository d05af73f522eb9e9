import { type Dataset, Random } from 'fer-core';
import { mixup } from 'fer-data';
import { describe, expect, it } from 'vitest';
import { startMixture } from '../../src/augment/mixing.js';

/** Image i is all grey level i, so that a mixture tells its parts; its class is i mod 4. */
function made(n: number): Dataset {
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 4);
  const images = Uint8Array.from({ length: 4 * n }, (_, i) => i >> 2);
  return { images, n, height: 2, width: 2, channels: 1, labels, classes: [...'abcd'] };
}

describe('mixup', () => {
  it('mixes images and labels by the same weight', () => {
    const batch = { ...made(200), ids: Array.from({ length: 200 }, String) };
    const given = batch.images.slice();
    const mixed = mixup(batch, new Random(3), { alpha: 1 });
    const partners = new Random(3).split('partners').permutation(200);
    expect(mixed.ids).toBeUndefined();
    expect(batch.images).toEqual(given);
    for (let i = 0; i < 200; i++) {
      const partner = partners[i];
      if (partner % 4 === i % 4) continue;
      const own = mixed.soft![4 * i + (i % 4)];
      expect(mixed.soft![4 * i + (partner % 4)]).toBeCloseTo(1 - own, 6);
      expect(Math.abs(mixed.images[4 * i] - (own * i + (1 - own) * partner))).toBeLessThan(0.51);
      expect(mixed.labels[i]).toBe(own >= 0.5 ? i % 4 : partner % 4);
    }
    expect(mixup(batch, new Random(3), { alpha: 1 })).toEqual(mixed);
    expect(mixup(batch, new Random(4), { alpha: 1 }).images).not.toEqual(mixed.images);
  });

  it.each([0.2, 1, 4])('draws the weights from Beta(α, α), α = %d', (alpha) => {
    // Of two classes, each row with its own and a partner of the other or the same: keep those that differ.
    const n = 4000;
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 2);
    const batch: Dataset = {
      images: new Uint8Array(n),
      n,
      height: 1,
      width: 1,
      channels: 1,
      labels,
      classes: ['a', 'b'],
    };
    const mixed = mixup(batch, new Random(9), { alpha });
    const partners = new Random(9).split('partners').permutation(n);
    const weights = Array.from(labels, (label, i) =>
      partners[i] % 2 === label ? [] : [mixed.soft![2 * i + label]],
    ).flat();
    const mean = weights.reduce((a, b) => a + b) / weights.length;
    const variance = weights.reduce((sum, w) => sum + (w - 0.5) ** 2, 0) / weights.length;
    // Mean 1/2, variance 1/(4·(2α + 1)); about 2,000 weights.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.045);
    expect(variance * 4 * (2 * alpha + 1)).toBeGreaterThan(0.85);
    expect(variance * 4 * (2 * alpha + 1)).toBeLessThan(1.15);
  });

  it('mixes soft labels, and keeps its contract for the smallest α', () => {
    const soft = Float32Array.from({ length: 4 * 50 }, (_, i) => [0.1, 0.2, 0.3, 0.4][(i + (i >> 2)) % 4]);
    const mixed = mixup({ ...made(50), soft }, new Random(1), { alpha: 0.01 });
    for (let i = 0; i < 50; i++) {
      const row = mixed.soft!.subarray(4 * i, 4 * i + 4);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(row.every((p) => p >= 0.0999 && p <= 0.4001)).toBe(true);
    }
  });

  it('keeps the own label of an even mixture', () => {
    const batch = made(3);
    const mixture = startMixture(batch, new Random(0));
    for (let i = 0; i < 3; i++) mixture.mixLabels(i, 0.5);
    expect(mixture.finish(batch.images).labels).toEqual(batch.labels);
    // With less than half, it is the partner's.
    for (let i = 0; i < 3; i++) mixture.mixLabels(i, 0.499);
    expect(Array.from(mixture.finish(batch.images).labels)).toEqual(Array.from(mixture.partners));
    expect(mixture.partners).not.toEqual(Uint32Array.of(0, 1, 2));
  });

  it('refuses what it can not do', () => {
    for (const alpha of [0, -1, Number.NaN, 1000]) {
      expect(() => mixup(made(4), new Random(0), { alpha })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
    expect(() => mixup({ ...made(4), n: 5 }, new Random(0))).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  });
});
