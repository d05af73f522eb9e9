import { type FeatureMatrix, type Head, Random, type RunOptions } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { linearL2SVM, selectC, softmax } from '../../src/index.js';
import { optimum } from './optimum.js';

type OnProgress = NonNullable<RunOptions['onProgress']>;

const [n, d, k] = [60, 3, 3];
const y = { labels: Uint8Array.from({ length: n }, (_, i) => i % k), classes: ['a', 'b', 'c'] };

/** Overlapping classes, their features times `scale` around `offset` times that, or around 0. */
function features(scale: number, offset: number): FeatureMatrix {
  const random = new Random('scales');
  const data = Float32Array.from({ length: n * d }, (_, e) => {
    const own = e % d === y.labels[Math.floor(e / d)] ? 1 : 0;
    return scale * (random.normal() + own + offset * (1 + (e % d) / d));
  });
  return { data, rows: n, columns: d };
}

async function weightsOf(head: Head): Promise<Float64Array> {
  const bytes = (await head.serialize()).files.get('weights.f64')!;
  return new Float64Array(bytes.slice().buffer);
}

const HEADS = [
  ['linearL2SVM', linearL2SVM, 'squaredHinge'],
  ['softmax', softmax, 'crossEntropy'],
] as const;
const BIASES = ['regularised', 'free', 'none'] as const;
const SCALES = [1e-6, 1, 1e3];
const OFFSETS = [0, 1000];
const CS = [1e-10, 1e-2, 1, 100];

/*
 * What `converged` promises: f − f* ≤ tolerance · min(f, f₀ − f*). Since f is strongly convex in the weights, they are
 * then no further from the best ones than √(2 · tolerance · min(f, f₀ − f*)).
 */
describe.each(HEADS)('%s', (_name, make, loss) => {
  it.each(BIASES)('says converged where it is, whatever the scale, the offset and C: bias %s', async (bias) => {
    for (const scale of SCALES) {
      for (const offset of OFFSETS) {
        const x = features(scale, offset);
        for (const C of CS) {
          const place = `scale ${scale}, offset ${offset}, C ${C}`;
          const best = optimum({ loss, bias, C }, x, y);
          const head = make({ C, bias });
          const { converged, objective } = await head.fit(x, y);
          expect(converged, place).toBe(true);
          const weights = await weightsOf(head);
          let apart = 0;
          for (let j = 0; j < d; j++)
            for (let c = 0; c < k; c++) apart += (weights[j * k + c] - best.weights[j][c]) ** 2;
          // Of the reference's own value only so many digits are right.
          const rounding = 1e-12 * best.value;
          const allowed = 1e-7 * Math.min(best.value, best.constant - best.value) + rounding;
          expect(objective - best.value, place).toBeLessThan(allowed);
          expect(apart / 2, place).toBeLessThan(allowed);
        }
      }
    }
  });
});

describe('features that are too small for float32 scores', () => {
  // As rows of four features, three of them apart by class. scikit-learn 1.2.1's LinearSVC (C 0.01) tells all 24 rows
  // apart at every scale in float64; its scores in float32 tell a third at 1e-6.
  const made = (scale: number) => ({
    data: Float32Array.from(
      { length: 96 },
      (_, at) => scale * ((at >> 2) % 3 === at % 4 ? 2 : 0) + scale * Math.sin(7 * at),
    ),
    rows: 24,
    columns: 4,
  });
  const three = { labels: Uint8Array.from({ length: 24 }, (_, i) => i % 3), classes: ['a', 'b', 'c'] };

  async function fitted(scale: number, standardise: boolean) {
    const warnings: string[] = [];
    const head = linearL2SVM({ C: 0.01, standardise });
    await head.fit(made(scale), three, {
      onProgress: (event) => {
        if (event.kind === 'warning') warnings.push(event.code);
      },
    });
    const right = (await head.predict(made(scale))).filter((label, i) => label === three.labels[i]).length;
    return { warnings, right };
  }

  it('are reported, and told apart once they are standardised', async () => {
    expect(await fitted(1, false)).toEqual({ warnings: [], right: 24 });
    expect(await fitted(1e-3, false)).toEqual({ warnings: [], right: 24 });
    expect(await fitted(1e-6, false)).toEqual({ warnings: ['ROUNDED_SCORES'], right: 8 });
    expect(await fitted(1e-6, true)).toEqual({ warnings: [], right: 24 });
  });

  it('are reported by fits in chunks and by a choice of C as well', async () => {
    const codes = async (scale: number, fit: (x: FeatureMatrix, onProgress: OnProgress) => Promise<unknown>) => {
      const warnings = new Set<string>();
      await fit(made(scale), (event) => {
        if (event.kind === 'warning') warnings.add(event.code);
      });
      return [...warnings];
    };
    const chunks = (x: FeatureMatrix, onProgress: OnProgress) =>
      linearL2SVM({ C: 0.01 }).fitChunks(() => [{ features: x, labels: three }], { onProgress });
    const select = (x: FeatureMatrix, onProgress: OnProgress) =>
      selectC((C) => linearL2SVM({ C }), x, three, { grid: [0.01], folds: 2, onProgress });
    for (const fit of [chunks, select]) {
      expect(await codes(1, fit)).toEqual([]);
      expect(await codes(1e-6, fit)).toEqual(['ROUNDED_SCORES']);
    }
  });
});

describe('one value that is far larger than the others', () => {
  // The column's root mean square is so large that rounding may explain the whole gradient, where it does not.
  it.each(HEADS)('does not make %s converged far from the minimum', async (_name, make) => {
    const tolerances = [1e-6, 1e-8];
    let converged = 0;
    for (const [largest, C, seed] of [
      [1e6, 1, 1],
      [1e7, 1, 3],
      [1e8, 1, 1],
      [1e8, 100, 2],
      [1e8, 100, 3],
    ]) {
      const random = new Random(`a${largest} ${seed}`);
      const data = Float32Array.from({ length: 100 * d }, () => random.normal());
      const labels = Uint8Array.from({ length: 100 }, (_, i) => (data[i * d] + random.normal() > 0 ? 1 : 0));
      data[3 * d] = largest;
      const fit = (tolerance: number) =>
        make({ C, tolerance, maxIterations: 400 }).fit(
          { data, rows: 100, columns: d },
          { labels, classes: ['a', 'b'] },
        );
      const found = [await fit(1e-6), await fit(1e-8), await fit(1e-12)];
      const least = Math.min(...found.map(({ objective }) => objective));
      for (const [i, tolerance] of tolerances.entries()) {
        if (!found[i].converged) continue;
        converged++;
        expect((found[i].objective - least) / least).toBeLessThan(tolerance);
      }
    }
    expect(converged).toBeGreaterThan(4);
  });
});
