import { loadClassifier, memoryFolder, pipe, saveClassifier } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { heads, softmax } from 'fer-heads';
import { expect, it } from 'vitest';
import { type Transformers, transformersBackbone, transformersLoader } from '../own-backbone/transformersBackbone.js';

/** A stand-in for transformers.js, whose models are downloaded: means over the four quarters of an image. */
class RawImage {
  constructor(
    readonly data: Uint8Array,
    readonly width: number,
    readonly height: number,
    readonly channels: number,
  ) {}
}
const disposed: string[] = [];
const transformers: Transformers = {
  RawImage,
  async pipeline(task, model) {
    const extract = async (images: readonly object[]) => {
      const rows = (images as RawImage[]).map(({ data, width, height, channels }) => {
        const sums = new Float32Array(4);
        for (let at = 0; at < data.length; at++) {
          const place = Math.floor(at / channels);
          const quarter = 2 * Number(2 * Math.floor(place / width) >= height) + Number(2 * (place % width) >= width);
          sums[quarter] += (4 * data[at]) / data.length / 255;
        }
        return [...sums];
      });
      return { data: Float32Array.from(rows.flat()), dims: [rows.length, 4] };
    };
    return Object.assign(extract, { dispose: async () => disposed.push(`${task} ${model}`) });
  },
};

it('pairs with a head, is saved by its name, and loads again', async () => {
  const faces = syntheticFaces({ n: 28, seed: 1 });
  const classifier = pipe(await transformersBackbone(transformers, 'someone/vit'), softmax());
  await classifier.fit(faces);
  const folder = memoryFolder();
  await saveClassifier(classifier, folder);
  const loaded = await loadClassifier(folder, { backbones: [transformersLoader(transformers)], heads });
  const [scores, again] = [await classifier.decisionFunction(faces), await loaded.decisionFunction(faces)];
  expect(again).toEqual(scores);
  expect([scores.rows, scores.columns]).toEqual([28, 7]);
  classifier.dispose();
  loaded.dispose();
  expect(disposed).toEqual(Array(2).fill('image-feature-extraction someone/vit'));
});
