import { FerError, type Labels } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { type LabelledFeatures, linearL2SVM, type ReadChunks, softmax } from '../../src/index.js';
import { referenceData } from '../reference.js';

// More rows than are kept, so that later readings are needed. All numbers but the zeros differ.
const n = 9000;
const d = 6;
const k = 3;
const { x, y } = referenceData(n, d, k);
const soft = new Float32Array(n * k).fill(0.1);
y.labels.forEach((label, i) => void soft.fill(0.8, i * k + label, i * k + label + 1));

/** The rows from..to−1. */
function rows(from: number, to: number, labels: Labels = y): LabelledFeatures {
  return {
    features: { data: x.data.slice(from * d, to * d), rows: to - from, columns: d },
    labels: {
      labels: labels.labels.slice(from, to),
      classes: labels.classes,
      soft: labels.soft?.slice(from * k, to * k),
    },
  };
}

const chunks = (size = 2000, labels = y) =>
  Array.from({ length: Math.ceil(n / size) }, (_, c) => rows(c * size, Math.min(n, (c + 1) * size), labels));

type Given = LabelledFeatures & { features: { data: Float32Array }; labels: { labels: Uint8Array } };

/** Reads all chunks the first time, and changed ones later. Counts readings that began and that ended. */
function changing(change: (chunks: Given[], reading: number) => unknown, labels = y) {
  const count = { begun: 0, ended: 0 };
  const read = async function* () {
    const reading = ++count.begun;
    try {
      const given = chunks(2000, labels) as Given[];
      const changed = reading > 1 ? change(given, reading) : undefined;
      yield* Array.isArray(changed) ? changed : given;
    } finally {
      count.ended++;
    }
  };
  return { read: read as ReadChunks, count };
}

const ADVICE = ': read must give the same chunks on each call, so it must not shuffle or augment them.';

describe('a later reading', () => {
  const swap = (a: Float32Array, i: number, j: number) => {
    const row = a.slice(i * d, (i + 1) * d);
    a.copyWithin(i * d, j * d, (j + 1) * d).set(row, j * d);
  };
  it.each<[string, Parameters<typeof changing>[0], string]>([
    [
      'one other feature',
      ([, , { features }]) => features.data.set([features.data[7 * d + 3] + 1e-6], 7 * d + 3),
      `row 4008: in chunk 3 of reading 2, the row has other features than in the first reading${ADVICE}`,
    ],
    [
      'the sign of a feature',
      ([{ features }]) => {
        const at = features.data.findIndex((v) => v !== 0);
        features.data.set([-features.data[at]], at);
      },
      `in chunk 1 of reading 2, the row has other features`,
    ],
    [
      'all signs of some rows',
      ([, { features }]) => void features.data.set(features.data.subarray(0, 3 * d).map((v) => -v)),
      `row 2001: in chunk 2 of reading 2, the row has other features`,
    ],
    [
      'two rows in another order',
      ([{ features }]) => void swap(features.data, 10, 1500),
      `row 11: in chunk 1 of reading 2, the row has other features`,
    ],
    [
      'two columns in another order, in the third reading only',
      ([, { features }], reading) => {
        const [a, b] = features.data.subarray(100 * d);
        if (reading === 3) features.data.set([b, a], 100 * d);
      },
      `row 2101: in chunk 2 of reading 3, the row has other features`,
    ],
    [
      'chunks in another order',
      (given) => [given[1], given[0], ...given.slice(2)],
      `row 1: in chunk 1 of reading 2, the row has other features`,
    ],
    [
      'another label',
      ([, , , { labels }]) => labels.labels.set([(labels.labels[5] + 1) % k], 5),
      `row 6006: in chunk 4 of reading 2, the row has another label than in the first reading${ADVICE}`,
    ],
    [
      'NaN',
      ([, , { features }]) => features.data.set([Number.NaN], 8 * d + 1),
      'row 4009, column 2: in chunk 3 of reading 2, row 9, column 2: feature is NaN',
    ],
    [
      'infinity',
      ([, , { features }]) => features.data.set([Number.NEGATIVE_INFINITY], 8 * d + 1),
      'row 4009, column 2: in chunk 3 of reading 2, row 9, column 2: feature is -Infinity',
    ],
    [
      'a label of no class',
      ([, , { labels }]) => labels.labels.set([9], 1),
      'row 4002: in chunk 3 of reading 2, row 2: label 9 is outside 0..2',
    ],
    [
      'fewer rows',
      (given) => [...given.slice(0, 4), rows(8000, 8999)],
      `reading 2 ended after 8999 of 9000 rows, in chunk 5${ADVICE}`,
    ],
    ['nothing', () => [], 'reading 2 ended after 0 of 9000 rows'],
    [
      'more rows in the last chunk',
      (given) => {
        const { features, labels } = rows(0, 1001);
        features.data.set(given[4].features.data);
        labels.labels.set(given[4].labels.labels);
        return [...given.slice(0, 4), { features, labels }];
      },
      `row 9001: chunk 5 of reading 2 has more rows than the 9000 of the first reading${ADVICE}`,
    ],
    [
      'more chunks',
      (given) => [...given, rows(0, 0), rows(0, 3)],
      `row 9001: chunk 7 of reading 2 has more rows than the 9000 of the first reading${ADVICE}`,
    ],
    [
      'other columns',
      ([first, { labels }]) => [
        first,
        { features: { data: new Float32Array(2000 * 4), rows: 2000, columns: 4 }, labels },
      ],
      'in chunk 2 of reading 2, features have 4 columns, expected 6',
    ],
    [
      'other classes',
      ([{ features, labels }]) => [{ features, labels: { ...labels, classes: ['a', 'b', 'c'] } }],
      'chunk 1 of reading 2 has hard labels of [a, b, c], those before it hard ones of [class 0, class 1, class 2]',
    ],
    ['soft labels for hard ones', () => [rows(0, 2000, { ...y, soft })], 'chunk 1 of reading 2 has soft labels of'],
    [
      'too few numbers',
      ([{ features, labels }]) => [{ features: { ...features, data: features.data.subarray(1) }, labels }],
      'in chunk 1 of reading 2, 11999 numbers for a 2000×6 matrix: expected 12000',
    ],
    [
      'too few labels',
      ([{ features, labels }]) => [{ features, labels: { ...labels, labels: labels.labels.subarray(1) } }],
      'in chunk 1 of reading 2, 1999 labels for 2000 rows',
    ],
    [
      'no labels',
      ([{ features }]) => [{ features }],
      'in chunk 1 of reading 2, the labels are undefined: give { labels, classes }',
    ],
    ['a matrix as chunk', ([{ features }]) => [features], 'in chunk 1 of reading 2, the features are undefined'],
    ['null as chunk', ([first]) => [first, null], 'chunk 2 of reading 2 is null: give { features, labels }.'],
  ])('with %s is refused, and ended', async (_what, change, message) => {
    for (const make of [linearL2SVM, softmax]) {
      const { read, count } = changing(change);
      const head = make();
      const error = await head.fitChunks(read).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FerError);
      expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining(message) });
      expect(count.ended).toBe(count.begun);
      expect(head.classes).toEqual([]);
    }
  });

  it('with other soft labels is refused', async () => {
    const change = ([, { labels }]: Given[]) => void (labels.soft as Float32Array).set([0.2, 0.3, 0.5], 4 * k);
    await expect(softmax().fitChunks(changing(change, { ...y, soft }).read)).rejects.toThrow(
      'row 2005: in chunk 2 of reading 2, the row has another label than in the first reading',
    );
    const head = softmax();
    await head.fitChunks(changing(() => undefined, { ...y, soft }).read);
    expect(head.classes).toEqual(y.classes);
  });

  it('that is no iterable is refused', async () => {
    const all = chunks();
    let calls = 0;
    const then = (later: unknown) => {
      calls = 0;
      return linearL2SVM().fitChunks((() => (++calls < 3 ? all : later)) as ReadChunks);
    };
    for (const [later, what] of [
      [undefined, 'undefined'],
      [Promise.resolve(all), 'a Promise (await it first)'],
      [{ [Symbol.iterator]: 1 }, 'an object'],
      ['chunks', '"chunks"'],
    ]) {
      await expect(then(later)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: `read returned ${what} on call 3: it must return an iterable of chunks.`,
      });
    }
  });

  it('by an iterator that is used up is refused', async () => {
    const all = changing(() => undefined).read();
    await expect(linearL2SVM().fitChunks(() => all)).rejects.toThrow('reading 2 ended after 0 of 9000 rows');
  });

  it('may have other chunks of the same rows', async () => {
    const sizes = [2000, 700, 9000, 1, 4096, 8999];
    let calls = 0;
    const [head, same] = [linearL2SVM(), linearL2SVM()];
    // One row at a time takes a while: not in each reading.
    const size = () => (++calls === 4 ? 1 : sizes[calls % 3]);
    const result = await head.fitChunks(() => [rows(0, 0), ...chunks(size()), rows(0, 0)]);
    expect(await same.fitChunks(() => chunks())).toMatchObject({ objectives: result.objectives });
    expect(head.toLayer()).toEqual(same.toLayer());
  });

  it('may use the memory of the chunk before again', async () => {
    const data = new Float32Array(3000 * d + 1);
    const labels = new Uint8Array(3000);
    const shared = new Float32Array(3000 * k);
    const chunk = { features: { data, rows: 0, columns: d }, labels: { labels, classes: y.classes, soft: shared } };
    const read = function* () {
      for (let from = 0; from < n; from += chunk.features.rows) {
        const count = Math.min(n - from, from === 0 ? 3000 : 1700);
        data.set(x.data.subarray(from * d, (from + count) * d), 1);
        labels.set(y.labels.subarray(from, from + count));
        shared.set(soft.subarray(from * k, (from + count) * k));
        chunk.features = { data: data.subarray(1, 1 + count * d), rows: count, columns: d };
        chunk.labels = { ...chunk.labels, labels: labels.subarray(0, count), soft: shared.subarray(0, count * k) };
        yield chunk;
      }
      data.fill(Number.NaN);
      labels.fill(255);
    };
    const [head, same] = [softmax(), softmax()];
    await head.fitChunks(read);
    await same.fitChunks(() => chunks(2000, { ...y, soft }));
    expect(head.toLayer()).toEqual(same.toLayer());
  });
});

describe('the end of a reading', () => {
  it('passes on what the reader throws in mid-reading', async () => {
    const broken = new Error('the disk went away');
    const count = { begun: 0, ended: 0 };
    const read = async function* () {
      count.begun++;
      try {
        yield rows(0, 4000);
        if (count.begun === 3) throw broken;
        yield rows(4000, n);
      } finally {
        count.ended++;
      }
    };
    await expect(linearL2SVM().fitChunks(read)).rejects.toBe(broken);
    expect(count).toEqual({ begun: 3, ended: 3 });
  });

  it('follows an abort in mid-reading', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { read, count } = changing((_, reading) => {
      if (reading === 3) controller.abort(reason);
    });
    await expect(softmax().fitChunks(read, { signal: controller.signal })).rejects.toBe(reason);
    expect(count).toEqual({ begun: 3, ended: 3 });
  });

  it('does not hide the error before it, if it fails too', async () => {
    /** Chunks whose iterator cannot end early. */
    const stuck = (given: LabelledFeatures[]) => {
      const iterator = given.values();
      const end = () => Promise.reject(new Error('cannot end'));
      return { [Symbol.asyncIterator]: () => ({ next: async () => iterator.next(), return: end }) };
    };
    let readings = 0;
    const other = () => stuck(++readings < 3 ? chunks() : [rows(0, 1), rows(0, 1)]);
    await expect(linearL2SVM().fitChunks(other)).rejects.toThrow('row 2: in chunk 2 of reading 3, the row has other');
    const controller = new AbortController();
    const run = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(softmax().fitChunks(() => stuck(chunks()), run)).rejects.toThrow('enough');
  });
});
