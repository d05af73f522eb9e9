import { extractFeatures, loadFeatures, readFeatures } from 'fer-backbones';
import { type Dataset, type FeatureExtractor, type Images, memoryStore, Random } from 'fer-core';
import { linearL2SVM } from 'fer-heads';
import { beforeAll, describe, expect, it } from 'vitest';

/** More images than the rows that a head keeps: 5×5 pixels, brighter at the place of the class. */
const n = 9000;
const random = new Random('chunks');
const labels = Uint8Array.from({ length: n }, () => random.int(3));
const images = Uint8Array.from({ length: n * 25 }, (_, p) => {
  const bright = p % 3 === labels[Math.floor(p / 25)] ? 30 : 0;
  return random.int(200) + bright;
});
const data: Dataset = { images, labels, n, height: 5, width: 5, channels: 1, classes: ['a', 'b', 'c'] };

const pixels: FeatureExtractor<Images> = {
  outputSize: 25,
  transform: async (x) => ({ data: Float32Array.from(x.images, (v) => v / 255), rows: x.n, columns: 25 }),
  serialize: async () => ({ kind: 'pixels', config: {}, files: new Map() }),
  dispose() {},
};

const store = memoryStore();
beforeAll(async () => {
  await extractFeatures(pixels, [data], store, { chunkRows: 1000 });
});

describe('a head fitted from the chunks that extractFeatures writes', () => {
  it('is the one fitted on all of them in memory', async () => {
    const head = linearL2SVM({ C: 0.1 });
    const result = await head.fitChunks(() => readFeatures(store));
    const loaded = await loadFeatures(store);
    const memory = await linearL2SVM({ C: 0.1 }).fit(loaded.features, loaded.labels);
    expect(result.converged).toBe(true);
    result.objectives.forEach((value, c) => {
      expect(Math.abs(value / memory.objectives[c] - 1)).toBeLessThan(2e-7);
    });
    expect(head.classes).toEqual(data.classes);
  });

  it('says which chunk is damaged or missing', async () => {
    const names = await store.list();
    const name = names[4];
    const bytes = await store.read(name);
    const bad = bytes.slice();
    bad[bad.length - 5000] ^= 1;
    await store.write(name, bad);
    const head = linearL2SVM();
    const fit = () => head.fitChunks(() => readFeatures(store));
    await expect(fit()).rejects.toMatchObject({ code: 'CORRUPT', place: { file: `memory/${name}` } });
    await store.remove(name);
    await expect(fit()).rejects.toThrow(/the chunk of rows 4000 to 4999 is missing/);
    expect(head.classes).toEqual([]);
    await store.write(name, bytes);
    expect((await fit()).converged).toBe(true);
  });
});
