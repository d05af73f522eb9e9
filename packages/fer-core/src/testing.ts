/**
 * Conformance checks of the contracts, for any test framework.
 *
 * @module fer-core/testing
 */

import { checkFunction, checkMethods } from './arguments.js';
import type { Head } from './classifier.js';
import type { FeatureMatrix } from './data/features.js';
import { argmaxRows } from './data/features.js';
import type { Labels } from './data/labels.js';
import { FerError, isFerError } from './errors.js';
import { memoryFolder } from './folder.js';
import { Random } from './random.js';
import { type HeadLoader, loadHead, saveClassifier } from './saved.js';

/**
 * The conformance suite of heads: fits one on three well-separated blobs and checks what every caller relies on.
 * Call it from one test of any framework.
 *
 * @param create - Makes a fresh, unfitted head.
 * @param loader - Reads back the result of the head's `serialize`: one loader, or all loaders needed. Without one, saving
 *   is not checked.
 * @throws FerError `INVALID_ARGUMENT`, naming the first check that the head fails.
 *
 * @example
 * ```ts
 * import { it } from 'vitest';
 *
 * it('keeps the promises of heads', () => checkHead(() => myHead(), myHeadLoader));
 * ```
 */
export async function checkHead(create: () => Head, loader?: HeadLoader | readonly HeadLoader[]): Promise<void> {
  const { features, labels, classes } = blobs();
  const y = { labels, classes };
  checkFunction('create', create);
  const head = create();
  checkMethods('the head', head, METHODS, 'return a head from create');
  if (loader !== undefined) {
    for (const one of [loader].flat()) {
      const method = typeof one === 'object' && one !== null && 'compose' in one ? 'compose' : 'load';
      checkMethods('a loader', one, [method], 'give { kind, load } or { kind, compose }');
    }
  }
  must(head.classes.length === 0, 'classes are empty before fit');
  await mustFail('NOT_FITTED', 'decisionFunction before fit', () => head.decisionFunction(features));
  await mustFail('NOT_FITTED', 'predict before fit', () => head.predict(features));
  if (loader) await mustFail('NOT_FITTED', 'serialize before fit', () => head.serialize());
  await mustFail('INVALID_DATA', 'fit with too few labels', () =>
    head.fit(features, { ...y, labels: labels.slice(1) }),
  );
  const bad = { ...features, data: features.data.map((v, i) => (i === 3 ? Number.NaN : v)) };
  await mustFail('INVALID_DATA', 'fit with a NaN feature', () => create().fit(bad, y));
  const reason = new Error('enough');
  const aborted = await caughtOf(() => create().fit(features, y, { signal: AbortSignal.abort(reason) }));
  must(aborted === reason, `an aborted fit rejects with the signal's reason (got ${aborted})`);

  const given = features.data.slice();
  const result = await head.fit(features, y);
  must(equal(features.data, given), 'fit leaves its input as it was');
  must(typeof result.converged === 'boolean' && Number.isFinite(result.objective), 'fit reports converged, objective');
  must(head.classes.join() === classes.join(), 'classes are those of the labels');
  const scores = await head.decisionFunction(features);
  must(scores.rows === features.rows && scores.columns === classes.length, 'scores are n × k');
  must(scores.data.every(Number.isFinite), 'scores are finite');
  const predicted = await head.predict(features);
  const best = argmaxRows(scores);
  must(
    predicted.length === best.length && predicted.every((label, i) => label === best[i]),
    'predict is the argmax of decisionFunction',
  );
  const correct = predicted.reduce((sum, label, i) => sum + Number(label === labels[i]), 0);
  must(correct / labels.length > 0.95, `separable blobs are learned (accuracy ${correct / labels.length})`);
  if (head.predictProba) {
    const { data, rows, columns } = await head.predictProba(features);
    must(rows === scores.rows && columns === scores.columns, 'probabilities are n × k');
    for (let i = 0; i < rows; i++) {
      const row = data.subarray(i * columns, (i + 1) * columns);
      must(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-5, `probabilities of row ${i + 1} sum to 1`);
      must(
        row.every((p) => p >= 0 && p <= 1),
        `probabilities of row ${i + 1} are in 0..1`,
      );
    }
  }
  await checkTies(create);
  await checkOptionsOfClass(create, features, y);
  const again = create();
  await again.fit(features, { labels: labels.map((label) => Number(label === 0)), classes: ['other', 'a'] });
  await again.fit(features, y);
  must(equal((await again.decisionFunction(features)).data, scores.data), 'the same data give the same scores, refit');
  const alone = create();
  await alone.fit({ ...features, ...y } as FeatureMatrix);
  must(equal((await alone.decisionFunction(features)).data, scores.data), 'fit(x) learns from the labels x carries');
  alone.dispose();
  const narrow = { data: features.data.slice(0, 4), rows: 4, columns: 1 };
  await mustFail('INVALID_DATA', 'decisionFunction with too few columns', () => head.decisionFunction(narrow));
  await mustFail('INVALID_DATA', 'decisionFunction with a NaN feature', () => head.decisionFunction(bad));

  if (loader) {
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, [loader].flat());
    must(equal((await loaded.decisionFunction(features)).data, scores.data), 'a loaded head gives the same scores');
    must(loaded.classes.join() === classes.join(), 'a loaded head has its classes');
    loaded.dispose();
  }
  again.dispose();
  head.dispose();
  head.dispose();
}

/** The methods of every head. */
const METHODS = ['fit', 'decisionFunction', 'predict', 'dispose'];

/** If classes have equal scores, `predict` must break the tie as `argmaxRows` does. */
async function checkTies(create: () => Head): Promise<void> {
  // Four classes at the corners of a square, three rows each. Points between them are equally near to two or all.
  const corners = [
    [-2, -2],
    [-2, 2],
    [2, -2],
    [2, 2],
  ];
  const rows = Array.from({ length: 12 }, (_, i) => corners[i % 4]);
  const head = create();
  await head.fit(matrix(rows), { labels: Uint8Array.from(rows, (_, i) => i % 4), classes: ['a', 'b', 'c', 'd'] });
  const steps = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
  const grid = matrix(steps.flatMap((x) => steps.map((y) => [x, y])));
  const predicted = await head.predict(grid);
  const best = argmaxRows(await head.decisionFunction(grid));
  const differing = best.findIndex((label, i) => label !== predicted[i]);
  must(differing < 0, `predict is the argmax of decisionFunction if scores are equal (row ${differing + 1})`);
  head.dispose();
}

/** Options may be an instance of a class whose `onProgress` uses `this`. */
async function checkOptionsOfClass(create: () => Head, features: FeatureMatrix, y: Labels): Promise<void> {
  class Options {
    events = 0;
    readonly signal = new AbortController().signal;
    onProgress(): void {
      this.events++;
    }
  }
  const head = create();
  const caught = await caughtOf(() => head.fit(features, y, new Options()));
  must(caught === undefined, `onProgress is called as a method of the options (got ${caught})`);
  head.dispose();
}

function matrix(rows: readonly (readonly number[])[]): FeatureMatrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, columns: rows[0].length };
}

function blobs(): { features: FeatureMatrix; labels: Uint8Array; classes: readonly string[] } {
  const random = new Random('blobs');
  const [rows, columns] = [120, 5];
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % 3);
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const label = labels[Math.floor(i / columns)];
    return (i % columns === label ? 6 : 0) + random.normal();
  });
  return { features: { data, rows, columns }, labels, classes: ['a', 'b', 'c'] };
}

function equal(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function must(condition: boolean, promise: string): void {
  if (!condition) throw new FerError('INVALID_ARGUMENT', `broken promise: ${promise}`);
}

async function mustFail(code: FerError['code'], what: string, action: () => Promise<unknown>): Promise<void> {
  const caught = await caughtOf(action);
  must(isFerError(caught, code), `${what} throws a FerError ${code} (got ${caught})`);
}

/** The error that an action throws, or undefined. */
async function caughtOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
}
