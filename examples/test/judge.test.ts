import { type FeatureExtractor, type Images, pipe } from 'fer-core';
import { stratifiedSplit, syntheticFaces } from 'fer-data';
import { CORRUPTIONS, robustness } from 'fer-eval';
import { linearL2SVM, softmax } from 'fer-heads';
import { describe, expect, it } from 'vitest';
import { judgeOf } from '../compare-heads/judge.js';

const [train, dataset] = stratifiedSplit(syntheticFaces({ n: 140, seed: 1 }), 1 / 4, { seed: 1 });

/** A backbone that needs no training: it takes every 32nd pixel, and counts the images that it is given. */
function pixels(): FeatureExtractor<Images> & { seen: number } {
  return {
    outputSize: 72,
    seen: 0,
    async transform({ images, n }) {
      this.seen += n;
      return { data: Float32Array.from({ length: 72 * n }, (_, i) => images[32 * i] / 255), rows: n, columns: 72 };
    },
    serialize: () => Promise.reject(new Error('not saved')),
    dispose() {},
  };
}

describe('judgeOf', () => {
  it('measures every head as it would be alone, while the backbone looks once', async () => {
    const backbone = pixels();
    const judge = await judgeOf(backbone, [{ name: 'Test', dataset }], { seed: 1, robustness: true });
    expect(judge.featureMap.n).toBe(dataset.n);
    for (const [name, head] of Object.entries({ svm: linearL2SVM(), softmax: softmax() })) {
      await head.fit(await pixels().transform(train), train);
      const measured = await judge.measure({ name, head });
      expect(measured.robustness).toEqual(await robustness(pipe(pixels(), head), dataset, { seed: 1 }));
      const wrong = dataset.n * (1 - measured.accuracy.Test);
      expect(measured.mistakes).toHaveLength(Math.min(24, Math.round(wrong)));
      expect(measured.mistakes?.[0].measure).toBe(name === 'svm' ? 'margin' : 'probability');
      expect(measured.curves?.map((curve) => curve.name)).toEqual(dataset.classes);
    }
    expect(backbone.seen).toBe(dataset.n * (2 + 5 * CORRUPTIONS.length));
  });
});
