import type { Images } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { teach } from '../../src/training/distillation.js';

const images: Images = { images: new Uint8Array(2), n: 2, height: 1, width: 1, channels: 1 };

function teacher(data: number[], by: 'predictProba' | 'decisionFunction', columns = 2) {
  const answer = async () => ({ data: Float32Array.from(data), rows: data.length / columns, columns });
  return { classes: ['a', 'b'], [by]: answer } as never;
}
const taught = (given: never, temperature: number) =>
  teach({ teacher: given, temperature, weight: 1 }, images, [2, 2], undefined);

describe('what a teacher says', () => {
  it('is the softmax of its scores over the temperature, however large they are', async () => {
    const found = await taught(teacher([1000, 0, Math.log(16), 0], 'decisionFunction'), 2);
    // √16 = 4 to 1.
    const expected = [1, 0, 0.8, 0.2];
    found.forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 6);
    });
  });

  it('is its probabilities to the power 1/T, normalised', async () => {
    const found = await taught(teacher([0.9, 0.1, 1, 0], 'predictProba'), 2);
    // 3 to 1; a probability of 0 stays 0.
    const expected = [0.75, 0.25, 1, 0];
    found.forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 6);
    });
  });

  it.each<[string, never]>([
    ['other rows', teacher([1, 0], 'decisionFunction')],
    ['other classes', teacher([1, 0, 0, 0, 1, 0], 'decisionFunction', 3)],
    ['NaN', teacher([1, 0, Number.NaN, 0], 'decisionFunction')],
    ['infinity', teacher([1, 0, Number.POSITIVE_INFINITY, 0], 'decisionFunction')],
    ['no probabilities', teacher([1, 0, 0, 0], 'predictProba')],
  ])('is refused where it gives %s', async (_, given) => {
    await expect(taught(given, 1)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
