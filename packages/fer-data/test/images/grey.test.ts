import { Random } from 'fer-core';
import { syntheticFaces, toGrey, toRgb } from 'fer-data';
import { expect, it } from 'vitest';

const random = new Random('grey');
const rgb = Uint8Array.from({ length: 2 * 4 * 5 * 3 }, () => random.int(256));
const colour = { images: rgb, n: 2, height: 4, width: 5, channels: 3 };

it('converts to grey by the luma of BT.601, and back to RGB', () => {
  const grey = toGrey(colour);
  expect(grey).toMatchObject({ n: 2, height: 4, width: 5, channels: 1 });
  for (const [i, value] of grey.images.entries()) {
    const [r, g, b] = rgb.subarray(3 * i, 3 * i + 3);
    expect(Math.abs(value - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThan(0.51);
  }
  const back = toRgb(grey);
  expect(back.channels).toBe(3);
  expect([...back.images]).toEqual([...grey.images].flatMap((value) => [value, value, value]));
  expect(toGrey(back)).toEqual(grey);
});

it('keeps the labels of a data set, and returns the same object if nothing changes', () => {
  const faces = syntheticFaces({ n: 3, seed: 1 });
  expect(toGrey(faces)).toBe(faces);
  const { images, channels, ...rest } = toRgb(faces);
  expect(channels).toBe(3);
  expect(images).toHaveLength(3 * faces.images.length);
  expect(rest).toMatchObject({ labels: faces.labels, classes: faces.classes, ids: faces.ids });
});

it('refuses other channels', () => {
  const alpha = { images: new Uint8Array(8), n: 1, height: 1, width: 2, channels: 4 };
  const refused = expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining('4 channels') });
  expect(() => toGrey(alpha)).toThrow(refused);
  expect(() => toRgb(alpha)).toThrow(refused);
  expect(() => toGrey({ ...colour, n: 3 })).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
});
