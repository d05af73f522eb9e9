import type { Progress } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { mapFeatures, principalComponents } from '../../src/plots.js';
// Made by `python3 test/reference/pca.py` with scikit-learn 1.2.1.
import reference from '../reference/pca.json' with { type: 'json' };

function features(columns: number) {
  const data = Float32Array.from({ length: 60 * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return (((i * i * (j + 3) + 7 * i * j) % 101) / 101) * Math.exp(-j / 5) + Math.sin(i * 0.7) * Math.cos(j);
  });
  return { data, rows: 60, columns };
}

const labels = { labels: Uint8Array.from({ length: 60 }, (_, i) => i % 2), classes: ['even', 'odd'] };

describe('principalComponents', () => {
  it.each([
    ['decomposed as they are', reference.few, 1e-5],
    ['found in a subspace', reference.many, 1e-3],
  ])('are scikit-learn’s: %s', async (_, { columns, explained, points }, tolerance) => {
    const found = await principalComponents(features(columns), { components: 3 });
    for (const [c, share] of explained.entries()) expect(Math.abs(found.explained[c] - share)).toBeLessThan(tolerance);
    for (const [i, row] of points.entries()) {
      for (const [c, value] of row.entries()) expect(Math.abs(found.points[3 * i + c] - value)).toBeLessThan(tolerance);
    }
  });

  it('tell how far they are, and stop when told', async () => {
    const done: Progress[] = [];
    await mapFeatures(features(80), labels, { onProgress: (event) => done.push(event) });
    expect(done.at(-1)).toEqual({ kind: 'transform', done: done.length, total: done.length });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(mapFeatures(features(80), labels, { signal })).rejects.toThrow('enough');
  });

  it('does with features that lie on a line, or in a point', async () => {
    const line = {
      data: Float32Array.from({ length: 300 * 80 }, (_, at) => Math.floor(at / 80)),
      rows: 300,
      columns: 80,
    };
    const { explained, points } = await principalComponents(line);
    expect(explained[0]).toBeCloseTo(1, 9);
    expect(explained[1]).toBeCloseTo(0, 9);
    expect(points[2] - points[0]).toBeCloseTo(Math.sqrt(80), 6);
    const flat = await principalComponents({ data: new Float32Array(400), rows: 5, columns: 80 });
    expect([...flat.explained, ...flat.points]).toEqual(new Array(12).fill(0));
  });

  it.each([
    ['one row', { data: new Float32Array(3), rows: 1, columns: 3 }, {}, 'INVALID_DATA'],
    ['NaN', { data: Float32Array.of(1, Number.NaN, 1, 1), rows: 2, columns: 2 }, {}, 'INVALID_DATA'],
    ['too many', { data: new Float32Array(4), rows: 2, columns: 2 }, { components: 3 }, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_, matrix, options, code) => {
    await expect(principalComponents(matrix, options)).rejects.toMatchObject({ code });
  });
});

describe('mapFeatures', () => {
  it('calls onProgress as a method of options of a class', async () => {
    class Options {
      #events = 0;
      onProgress(): void {
        this.#events++;
      }
      get events() {
        return this.#events;
      }
    }
    const options = new Options();
    await principalComponents(features(80), options);
    expect(options.events).toBe(5);
    await mapFeatures(features(80), labels, options);
    expect(options.events).toBe(10);
  });

  it('gives points, some of them, and the means of all', async () => {
    const x = features(12);
    const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 2);
    const y = { labels, classes: ['even', 'odd', 'none'] };
    const map = await mapFeatures(x, y, { most: 10 });
    const all = (await principalComponents(x)).points;
    expect(map.points).toHaveLength(10);
    for (const [px, py, label] of map.points) {
      const row = Array.from({ length: 60 }, (_, i) => i).find(
        (i) => Math.abs(all[2 * i] - px) < 1e-3 * Math.abs(px) + 1e-9,
      )!;
      expect(Math.abs(all[2 * row + 1] - py)).toBeLessThanOrEqual(1e-3 * Math.abs(py) + 1e-9);
      expect(label).toBe(row % 2);
    }
    const even = Array.from({ length: 30 }, (_, i) => all[4 * i]).reduce((a, b) => a + b) / 30;
    expect(map.means[0]![0]).toBeCloseTo(even, 9);
    expect(map.means[2]).toBeNull();
    await expect(mapFeatures(x, { ...y, labels: labels.slice(1) })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
