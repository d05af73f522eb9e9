import { checkDataset, classCounts, type Dataset, FER2013_CLASSES, selectRows, sha256 } from 'fer-core';
import { type SyntheticFacesOptions, syntheticFaces } from 'fer-data';
import { describe, expect, it } from 'vitest';

describe('syntheticFaces', () => {
  it('gives a data set of FER2013 form, the classes in equal parts', () => {
    const faces = checkDataset(syntheticFaces({ n: 70, seed: 1 }));
    expect([faces.n, faces.height, faces.width, faces.channels]).toEqual([70, 48, 48, 1]);
    expect(faces.classes).toEqual(FER2013_CLASSES);
    expect(Array.from(classCounts(faces))).toEqual(new Array(7).fill(10));
    for (let block = 0; block < 70; block += 7) expect(new Set(faces.labels.slice(block, block + 7)).size).toBe(7);
    expect(checkDataset(syntheticFaces({ n: 0 })).n).toBe(0);
  });

  // A change of these is a new data set: whatever was measured on the old one has to be measured again.
  it('draws the very faces that it always drew', async () => {
    const { images, labels } = syntheticFaces({ n: 14, seed: 1 });
    expect(await sha256(images)).toBe('dd5c6cbe6f6cf468e92d3486d7db61df5f6e142a8c54731a169487d125c8cea7');
    expect(await sha256(labels)).toBe('1f7d1b113e5842764c7e77a06ec67729fd44c1f2d94850c1cd5d735c83af98ab');
  });

  it('makes face i from the seed and i alone', () => {
    const all = syntheticFaces({ n: 20, seed: 'a' });
    expect(syntheticFaces({ n: 20, seed: 'a' })).toEqual(all);
    const part = syntheticFaces({ n: 5, start: 9, seed: 'a' });
    expect(part).toEqual({ ...selectRows(all, [9, 10, 11, 12, 13]), soft: undefined });
    expect(part.ids).toEqual(['9', '10', '11', '12', '13']);
    const other = syntheticFaces({ n: 20, seed: 'b' });
    expect(other.images).not.toEqual(all.images);
    const weights = [1, 2, 3, 4, 5, 6, 7];
    const weighted = syntheticFaces({ n: 20, seed: 'a', weights });
    expect(syntheticFaces({ n: 1, start: 19, seed: 'a', weights }).images).toEqual(selectRows(weighted, [19]).images);
  });

  it('draws classes by their weights', () => {
    const counts = classCounts(syntheticFaces({ n: 900, size: 16, weights: [0, 1, 0, 6, 0, 2, 0] }));
    expect([counts[0], counts[2], counts[4], counts[6]]).toEqual([0, 0, 0, 0]);
    // Binomial: 100 ± 9.4, 600 ± 14.1, 200 ± 12.5; within four standard deviations.
    for (const [label, mean, deviation] of [
      [1, 100, 9.4],
      [3, 600, 14.1],
      [5, 200, 12.5],
    ]) {
      expect(Math.abs(counts[label] - mean)).toBeLessThan(4 * deviation);
    }
  });

  it('draws the same face at any size', () => {
    const options = { n: 6, seed: 2, variation: 0 };
    const small = syntheticFaces({ ...options, size: 24 });
    const large = syntheticFaces({ ...options, size: 48 });
    for (let face = 0; face < 6; face++) {
      const [a, b] = [imageOf(small, face), halved(imageOf(large, face), 48)];
      const difference = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
      expect(difference).toBeLessThan(4);
    }
  });

  it('shows what makes an expression: the mouth of surprise is open, the brows of anger low', () => {
    const mean = (label: number, left: number, top: number, width: number, height: number) => {
      const weights = FER2013_CLASSES.map((_, c) => Number(c === label));
      const faces = syntheticFaces({ n: 150, seed: 3, variation: 0, weakest: 1, weights });
      let sum = 0;
      for (let face = 0; face < faces.n; face++) {
        for (let y = top; y < top + height; y++) {
          for (let x = left; x < left + width; x++) sum += faces.images[(face * 48 + y) * 48 + x];
        }
      }
      return sum / (faces.n * width * height);
    };
    const [angry, surprise, neutral] = [0, 5, 6];
    const mouth: [number, number, number, number] = [22, 37, 4, 4];
    expect(mean(surprise, ...mouth)).toBeLessThan(0.7 * mean(neutral, ...mouth));
    // Between the eyes, where only lowered brows come.
    const glabella: [number, number, number, number] = [20, 19, 8, 2];
    expect(mean(angry, ...glabella)).toBeLessThan(0.9 * mean(neutral, ...glabella));
  });

  it('is not told apart by the mean picture of each class', () => {
    const train = syntheticFaces({ n: 1400, seed: 4 });
    const test = syntheticFaces({ n: 700, seed: 4, start: 1400 });
    const means = Array.from({ length: 7 }, () => new Float64Array(48 * 48));
    for (let i = 0; i < train.n; i++) {
      imageOf(train, i).forEach((value, p) => {
        means[train.labels[i]][p] += value / 200;
      });
    }
    let correct = 0;
    for (let i = 0; i < test.n; i++) {
      const image = imageOf(test, i);
      const distances = means.map((mean) => mean.reduce((sum, value, p) => sum + (value - image[p]) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === test.labels[i]) correct++;
    }
    expect(correct / test.n).toBeLessThan(0.5);
  });

  it('refuses options outside their ranges', () => {
    const bad: Partial<SyntheticFacesOptions>[] = [
      { n: -1 },
      { n: 1.5 },
      { start: -1 },
      { size: 15 },
      { size: 48.5 },
      { variation: 1.1 },
      { weakest: Number.NaN },
      { weights: [1, 1] },
      { weights: '' as never },
      { weights: 0 as never },
      { weights: new Array(7).fill(1e308) },
      { weights: new Array(7).fill('1') },
      { weights: [0, 0, 0, 0, 0, 0, 0] },
      { weights: [1, 1, 1, 1, 1, 1, -1] },
    ];
    for (const options of bad) {
      expect(() => syntheticFaces({ n: 1, ...options })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

function imageOf({ images, height, width }: Dataset, i: number): Uint8Array {
  return images.subarray(i * height * width, (i + 1) * height * width);
}

/** A picture at half the size, by averages of four pixels. */
function halved(image: Uint8Array, size: number): Float64Array {
  const half = size / 2;
  return Float64Array.from({ length: half * half }, (_, i) => {
    const at = 2 * Math.floor(i / half) * size + 2 * (i % half);
    return (image[at] + image[at + 1] + image[at + size] + image[at + size + 1]) / 4;
  });
}
