import { describe, expect, it } from 'vitest';
import { calibrate, layerOf, linearL2SVM, rbfSVM } from '../../src/index.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(60, 6, 3);

describe('layerOf', () => {
  it('gives the layer of a linear head, also of one that is calibrated', async () => {
    const head = linearL2SVM();
    await head.fit(x, y);
    expect(layerOf(head)).toEqual(head.toLayer());
    const calibrated = await calibrate(head, x, y);
    expect(layerOf(calibrated)).toEqual(head.toLayer());
  });

  it('gives none of other heads', async () => {
    const head = rbfSVM();
    await head.fit(x, y);
    expect(layerOf(head)).toBeUndefined();
  });

  it('refuses what is no head, or not fitted', () => {
    expect(() => layerOf({} as never)).toThrow(/the head/);
    expect(() => layerOf(linearL2SVM())).toThrow(expect.objectContaining({ code: 'NOT_FITTED' }));
  });
});
