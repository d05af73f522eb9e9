import { describe, expect, it } from 'vitest';
import {
  calibrate,
  calibrateCV,
  crossValidate,
  ensemble,
  gridSearch,
  linearL2SVM,
  nystroem,
  rbfSVM,
  selectC,
  softmax,
} from '../src/index.js';
import { referenceData } from './reference.js';
import { given } from './scores.js';

const { x, y } = referenceData(60, 4, 3);
const misspelt = { toleranc: 1, fold: 3 } as object;

/** Every function of the package that takes options. */
const CALLS: [string, () => unknown][] = [
  ['linearL2SVM', () => linearL2SVM(misspelt)],
  ['softmax', () => softmax(misspelt)],
  ['rbfSVM', () => rbfSVM(misspelt)],
  ['nystroem', () => nystroem(linearL2SVM(), misspelt)],
  ['ensemble', () => ensemble([linearL2SVM()], misspelt)],
  ['fit of a linear head', () => linearL2SVM().fit(x, y, misspelt)],
  ['fitChunks', () => linearL2SVM().fitChunks(() => [{ features: x, labels: y }], misspelt)],
  ['fit of rbfSVM', () => rbfSVM().fit(x, y, misspelt)],
  ['calibrate', () => calibrate(given(y.classes), x, y, misspelt)],
  ['calibrateCV', () => calibrateCV(() => linearL2SVM(), x, y, misspelt)],
  ['crossValidate', () => crossValidate(() => linearL2SVM(), x, y, misspelt)],
  ['gridSearch', () => gridSearch(() => linearL2SVM(), { C: [1] }, x, y, misspelt)],
  ['selectC', () => selectC((C) => linearL2SVM({ C }), x, y, misspelt)],
];

describe('options', () => {
  it.each(CALLS)('%s refuses one that it does not have', async (_name, call) => {
    const refused = expect.objectContaining({ name: 'FerError', code: 'INVALID_ARGUMENT' });
    await expect((async () => call())()).rejects.toEqual(refused);
    await expect((async () => call())()).rejects.toThrow(/toleranc/);
  });

  it('a fit that stops early says so in a progress event', async () => {
    const events: unknown[] = [];
    const run = { onProgress: (event: { kind: string }) => void (event.kind === 'warning' && events.push(event)) };
    await linearL2SVM({ maxIterations: 1, C: 10 }).fit(x, y, run);
    expect(events).toMatchObject([{ code: 'NOT_CONVERGED', message: expect.stringContaining('standardise: true') }]);
    await linearL2SVM().fit(x, y, run);
    expect(events).toHaveLength(1);
  });
});
