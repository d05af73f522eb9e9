import { type FeatureMatrix, loadHead, memoryFolder, type Progress, saveClassifier } from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { Matrix, pseudoInverse } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { heads, linearL2SVM, nystroem, nystroemLoader, softmax } from '../../src/index.js';
import { nystroemMap } from '../../src/rbf/nystroemMap.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(90, 6, 3);
const first = (rows: number): FeatureMatrix => ({ data: x.data.slice(0, rows * 6), rows, columns: 6 });

/** exp(−γ‖a − b‖²) of all rows, by its formula in float64. */
function kernel(a: FeatureMatrix, b: FeatureMatrix, gamma: number): Matrix {
  const K = new Matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let t = 0; t < b.rows; t++) {
      let square = 0;
      for (let j = 0; j < 6; j++) square += (a.data[i * 6 + j] - b.data[t * 6 + j]) ** 2;
      K.set(i, t, Math.exp(-gamma * square));
    }
  }
  return K;
}

function expectClose(found: FeatureMatrix, expected: Matrix): void {
  const { data, rows, columns } = found;
  const features = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let c = 0; c < columns; c++) features.set(i, c, data[i * columns + c]);
  const products = features.mmul(features.transpose());
  const gaps = Matrix.sub(products, expected).abs();
  expect(gaps.max()).toBeLessThan(1e-5);
}

describe('nystroemMap', () => {
  it("has the products of scikit-learn's: k(x)ᵀ K⁻¹ k(z)", async () => {
    const map = await nystroemMap(first(20), 0.1);
    const across = kernel(x, first(20), 0.1);
    const expected = across.mmul(pseudoInverse(kernel(first(20), first(20), 0.1))).mmul(across.transpose());
    expectClose(await map.transform(x), expected);
  });

  it('tells how many rows are done', async () => {
    const done: Progress[] = [];
    await (await nystroemMap(x, 0.1)).transform(x, { onProgress: (event) => done.push(event) });
    expect(done.at(-1)).toEqual({ kind: 'transform', done: 90, total: 90 });
  });

  it('is the kernel itself where every row is a landmark', async () => {
    const map = await nystroemMap(x, 0.1);
    expectClose(await map.transform(x), kernel(x, x, 0.1));
  });

  it('leaves out landmarks that say nothing new', async () => {
    const copies = { data: Float32Array.of(...first(10).data, ...first(10).data), rows: 20, columns: 6 };
    const map = await nystroemMap(copies, 0.1);
    expect(map.landmarks.rows).toBe(10);
    expectClose(await map.transform(first(10)), kernel(first(10), first(10), 0.1));
  });
});

describe('nystroem', () => {
  it('keeps what heads promise', async () => {
    await checkHead(() => nystroem(linearL2SVM({ C: 1 }), { components: 40 }), heads);
    await checkHead(() => nystroem(softmax({ C: 1 }), { components: 40, gamma: 'auto' }), heads);
  });

  it('learns what no line can tell', async () => {
    const ring = referenceData(200, 6, 2).x;
    const labels = Uint8Array.from({ length: 200 }, (_, i) => {
      const row = ring.data.subarray(i * 6, i * 6 + 6);
      return Number(Math.hypot(...row.map((v) => v - 1)) > 2.5);
    });
    const target = { labels, classes: ['near', 'far'] };
    const correct = async (head: { predict(x: FeatureMatrix): Promise<Uint8Array> }) =>
      (await head.predict(ring)).filter((label, i) => label === labels[i]).length;
    const [line, curve] = [linearL2SVM({ C: 10 }), nystroem(linearL2SVM({ C: 10 }), { components: 100 })];
    await line.fit(ring, target);
    await curve.fit(ring, target);
    expect(await correct(curve)).toBeGreaterThan(Math.max(190, await correct(line)));
  });

  it('draws its landmarks by its seed, and is loaded with its head and options', async () => {
    const scores = [];
    for (const seed of [1, 1, 2]) {
      const head = nystroem(linearL2SVM(), { components: 15, seed });
      await head.fit(x, y);
      scores.push((await head.decisionFunction(x)).data);
    }
    expect(scores[0]).toEqual(scores[1]);
    expect(scores[0]).not.toEqual(scores[2]);
    const head = nystroem(softmax(), { components: 15, seed: 'x', gamma: 0.3 });
    await head.fit(x, y);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, heads);
    expect(await loaded.predictProba!(x)).toEqual(await head.predictProba!(x));
    await loaded.fit(first(60), { ...y, labels: y.labels.slice(0, 60) });
    await head.fit(first(60), { ...y, labels: y.labels.slice(0, 60) });
    expect(await loaded.predictProba!(x)).toEqual(await head.predictProba!(x));
  });

  it('refuses what is not its own', async () => {
    const head = nystroem(linearL2SVM(), { components: 15 });
    await head.fit(x, y);
    const part = await head.serialize();
    for (const broken of [
      { ...part, files: new Map() },
      { ...part, config: { ...part.config, rows: 14 } },
      { ...part, config: { ...part.config, width: 0 } },
      { ...part, config: { ...part.config, options: { components: 0 } } },
      { ...part, config: { ...part.config, head: 1 } },
    ]) {
      const loading = nystroemLoader.compose(broken, async () => linearL2SVM() as never);
      await expect(loading).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    expect(() => nystroem(linearL2SVM(), { components: 0 })).toThrow(/components is 0/);
    expect(() => nystroem(linearL2SVM(), { gamma: -1 })).toThrow(/gamma is -1/);
  });
});
