import { type Images, Random } from 'fer-core';
import { randomFlip } from 'fer-data';
import { describe, expect, it } from 'vitest';

/** Images of 3×4 in three channels, no two of their values alike. */
function images(n: number): Images {
  const size = 36;
  return {
    images: Uint8Array.from({ length: n * size }, (_, i) => (i * 7) & 255),
    n,
    height: 3,
    width: 4,
    channels: 3,
  };
}

const image = (batch: Images, i: number) => Array.from(batch.images.subarray(i * 36, (i + 1) * 36));

/** Value by value, from the definition. */
const mirrored = (values: readonly number[]) =>
  values.map((_, j) => {
    const [row, column, channel] = [Math.floor(j / 12), Math.floor(j / 3) % 4, j % 3];
    return values[row * 12 + (3 - column) * 3 + channel];
  });

describe('randomFlip', () => {
  it('mirrors the share asked, exactly, and leaves the others and its input as they are', () => {
    const batch = images(200);
    const given = batch.images.slice();
    const made = randomFlip({ probability: 0.3 })(batch, new Random(5));
    let flipped = 0;
    for (let i = 0; i < batch.n; i++) {
      const before = image(batch, i);
      if (image(made, i).join() === mirrored(before).join()) flipped++;
      else expect(image(made, i)).toEqual(before);
    }
    // Binomial(200, 0.3) has a standard deviation of 6.5.
    expect(Math.abs(flipped - 60)).toBeLessThan(26);
    expect(batch.images).toEqual(given);
    expect(made).toMatchObject({ n: 200, height: 3, width: 4, channels: 3 });
  });

  it('mirrors never, always, or half the time by default', () => {
    const batch = images(400);
    const share = (options?: { probability: number }) => {
      const made = randomFlip(options)(batch, new Random(2));
      return [...Array(400).keys()].filter((i) => image(made, i).join() !== image(batch, i).join()).length;
    };
    expect([share({ probability: 0 }), share({ probability: 1 })]).toEqual([0, 400]);
    // Binomial(400, 1/2) has a standard deviation of 10.
    expect(Math.abs(share() - 200)).toBeLessThan(40);
  });

  it('draws one number an image, in order: measured results depend on which are mirrored', () => {
    const batch = images(24);
    const made = randomFlip()(batch, new Random(1).split('x'));
    const flipped = [...Array(24).keys()].filter((i) => image(made, i).join() !== image(batch, i).join());
    const draws = new Random(1).split('x');
    expect(flipped).toEqual([...Array(24).keys()].filter(() => draws.uniform() < 0.5));
    expect(flipped).toEqual([1, 7, 8, 9, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
  });

  it('refuses probabilities that are none', () => {
    for (const probability of [-1, 1.1, Number.NaN]) {
      expect(() => randomFlip({ probability })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});
