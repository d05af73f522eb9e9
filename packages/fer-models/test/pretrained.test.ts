import { readManifest } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, hasChromium, openPage } from '../../../scripts/chromium.js';
import { loadPretrained, type PretrainedName, pretrainedFolder, pretrainedNames } from '../src/index.js';
import recorded from './scores.json';

beforeAll(() => useWasm({ threads: 2 }));

const faces = syntheticFaces({ n: 50, seed: 'fer-models' });

/** The largest difference from the scores that `node --import tsx packages/fer-models/test/record.ts` wrote. */
function largestDifference(name: PretrainedName, scores: ArrayLike<number>): number {
  const expected = recorded[name];
  expect(scores).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - scores[i])));
}

describe.each(pretrainedNames)('%s', (name) => {
  it('gives its recorded scores', async () => {
    const classifier = await loadPretrained(name);
    const { data } = await classifier.decisionFunction(faces);
    expect(largestDifference(name, data)).toBeLessThan(1e-4);
    const probabilities = await classifier.predictProba(faces);
    for (let i = 0; i < faces.n; i++) {
      const sum = probabilities.data.subarray(i * 7, (i + 1) * 7).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
    classifier.dispose();
  });

  it('says what it was trained on, how, and how good it is', async () => {
    const { provenance, classes } = await readManifest(await pretrainedFolder(name));
    expect(classes).toHaveLength(7);
    expect(provenance).toMatchObject({
      dataDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      seed: expect.any(Number),
      metrics: { publicTest: { n: 3589, accuracy: expect.any(Number), recall: expect.any(Object) } },
      notes: { command: expect.any(String), machine: { cores: expect.any(Number) } },
    });
  });
});

it('refuses names that are not shipped', async () => {
  await expect(loadPretrained('vgg16/softmax' as PretrainedName)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe.skipIf(!hasChromium)('in headless Chromium (skipped where it is not installed)', () => {
  it('gives the same scores', async () => {
    const script = await bundlePage(new URL('browser/page.ts', import.meta.url));
    const result = await openPage<Record<string, number[]> & { error?: string }>(script);
    expect(result.error).toBeUndefined();
    for (const name of pretrainedNames) expect(largestDifference(name, result[name]), name).toBeLessThan(1e-4);
  });
});
