import { argmaxRows, loadHead, memoryFolder, saveClassifier } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { calibrateCV, crossValidate, heads, linearL2SVM, softmax } from '../../src/index.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(300, 12, 4);
const folds = [0, 1, 2].map((f) => Array.from({ length: 100 }, (_, i) => 3 * i + f));
const make = () => linearL2SVM({ C: 0.1, tolerance: 1e-11 });

/*
 * scikit-learn 1.2.1: CalibratedClassifierCV(LinearSVC(dual=False, tol=1e-12, max_iter=100000, C=.1), cv=folds,
 * method=m, ensemble=False).fit(X, y).predict_proba(X[:3])
 */
const EXPECTED = {
  sigmoid: [
    0.9059367580443297, 0.02502600373218775, 0.03400247605856531, 0.03503476216491711, 0.059892012589261946,
    0.07877526076659049, 0.8358288958112553, 0.025503830832892278, 0.0498962028425475, 0.22147748754745258,
    0.7093976862612653, 0.01922862334873444,
  ],
  isotonic: [
    0.898789868755174, 0, 0.058822982261950166, 0.04238714898287586, 0.04807692307692308, 0.06490384615384616,
    0.8653846153846154, 0.021634615384615388, 0.04251883782169587, 0.1766167109516598, 0.7653390807905257,
    0.015525370436118758,
  ],
};

describe('calibrateCV', () => {
  it.each(Object.entries(EXPECTED))('gives those of CalibratedClassifierCV, %s', async (method, expected) => {
    const head = await calibrateCV(make, x, y, { folds, method: method as keyof typeof EXPECTED });
    const { data } = await head.predictProba(x);
    expected.forEach((p, i) => void expect(Math.abs(data[i] - p)).toBeLessThan(2e-5));
  });

  it('keeps the predictions of the head that is fitted on all rows, and is saved whole', async () => {
    const head = await calibrateCV(make, x, y, { seed: 1 });
    const alone = make();
    await alone.fit(x, y);
    expect(await head.predict(x)).toEqual(await alone.predict(x));
    expect(head.expectedCalibrationError).toBeLessThan(0.15);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, heads);
    expect(await loaded.predictProba!(x)).toEqual(await head.predictProba(x));
    expect((await head.serialize()).config.method).toBe('sharedSigmoid');
    const logits = await calibrateCV(() => softmax({ C: 0.1 }), x, y);
    expect((await logits.serialize()).config.method).toBe('temperature');
  });

  it('refuses folds that leave a row out, or hold it out twice, and passes on what fit throws', async () => {
    const fit = (given: number[][]) => calibrateCV(make, x, y, { folds: given });
    await expect(fit(folds.slice(1))).rejects.toThrow(/row 0 out 0 times/);
    await expect(fit([...folds, [5]])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(calibrateCV(make, x, y, { method: 'x' as 'sigmoid' })).rejects.toThrow(/method is "x"/);
    const reason = new Error('enough');
    const aborted = calibrateCV(make, x, y, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
  });

  it('disposes of every head but the one it returns', async () => {
    let disposed = 0;
    let made = 0;
    const counted = () => {
      const head = linearL2SVM();
      made++;
      return {
        ...head,
        get classes() {
          return head.classes;
        },
        dispose() {
          disposed++;
          head.dispose();
        },
      };
    };
    const head = await calibrateCV(counted, x, y, { folds });
    expect([made, disposed]).toEqual([4, 3]);
    head.dispose();
    expect(disposed).toBe(4);
    await expect(calibrateCV(counted, x, y, { folds: [[0], [1]] })).rejects.toThrow();
    expect(disposed).toBe(made);
  });
});

it('out-of-fold scores are those of the heads that did not see the rows', async () => {
  const { decision } = await crossValidate(make, x, y, { folds });
  expect(argmaxRows(decision)).toHaveLength(300);
});
