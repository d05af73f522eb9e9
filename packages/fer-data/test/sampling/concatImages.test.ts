import type { Images } from 'fer-core';
import { concatImages } from 'fer-data';
import { expect, it } from 'vitest';

const batch = (n: number, first: number, width = 2): Images => ({
  images: Uint8Array.from({ length: n * width }, (_, i) => first + i),
  n,
  height: 1,
  width,
  channels: 1,
});

it('joins batches in their order', () => {
  const joined = concatImages(batch(2, 10), batch(0, 0), batch(1, 50));
  expect(joined).toEqual({ images: Uint8Array.of(10, 11, 12, 13, 50, 51), n: 3, height: 1, width: 2, channels: 1 });
  expect(Object.keys(concatImages({ ...batch(1, 0), ids: ['a'] } as Images))).not.toContain('ids');
});

it('refuses batches that differ, break their contract, or are none', () => {
  const bad = (code: string, message: string) =>
    expect.objectContaining({ code, message: expect.stringContaining(message) });
  expect(() => concatImages()).toThrow(bad('INVALID_ARGUMENT', 'no images'));
  expect(() => concatImages(batch(1, 0), batch(1, 0, 3))).toThrow(bad('INVALID_DATA', 'batch 2 are 1×3×1'));
  expect(() => concatImages(batch(1, 0), { ...batch(1, 0), n: 2 })).toThrow(bad('INVALID_DATA', 'bytes'));
});
