import { syntheticFaces } from 'fer-data';
import { loadPretrained, pretrainedNames } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { beforeAll, expect, it } from 'vitest';
import recorded from '../../../fer-models/test/scores.json';
import { exportOnnx } from '../../src/index.js';
import { largestDifference } from '../difference.js';
import { runOnnx } from '../run.js';

beforeAll(() => useWasm({ threads: 2 }));

const faces = syntheticFaces({ n: 50, seed: 'fer-models' });

/** For members of the ensemble, which has been run on all faces, a few faces are enough. */
const MEMBERS = ['compact-vgg/softmax', 'compact-vgg-b/softmax', 'compact-vgg-dense/softmax'];

it.each(pretrainedNames)(
  '%s gives the scores recorded for it, and its probabilities',
  async (name) => {
    const classifier = await loadPretrained(name);
    const some = { ...faces, n: MEMBERS.includes(name) ? 5 : 50 };
    const { scores, probabilities } = await runOnnx(await exportOnnx(classifier), {
      ...some,
      images: faces.images.subarray(0, some.n * 48 * 48),
    });
    expect(largestDifference(scores.data, recorded[name].slice(0, some.n * 7))).toBeLessThan(1e-4);
    const few = { ...faces, n: 3, images: faces.images.subarray(0, 3 * 48 * 48) };
    const expected = await classifier.predictProba(few);
    expect(largestDifference(probabilities.data.subarray(0, 3 * 7), expected.data)).toBeLessThan(1e-4);
    classifier.dispose();
  },
  180_000,
);
