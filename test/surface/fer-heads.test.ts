import type { Head } from 'fer-core';
import * as heads from 'fer-heads';
import * as matrix from 'fer-heads/matrix';
import { type Call, type Calls, call, method } from './call.js';
import { features, labels } from './fixtures.js';
import { holdsPromises } from './properties.js';

type Names = 'fit' | 'decisionFunction' | 'predict' | 'predictProba';

const holdOut = () => ({ x: features(), y: labels() });
const svm = () => heads.linearL2SVM();
const fittedSvm = async () => fitted(svm());

async function fitted<H extends Head>(head: H): Promise<H> {
  await head.fit(features(), labels());
  return head;
}

/** The calls of the methods of a kind of head. */
function methodsOf(name: string, make: () => Head | Promise<Head>, names: readonly Names[]): Record<string, Call> {
  const subject = { make, disposable: true };
  const args = (each: Names) => () => (each === 'fit' ? [features(), labels(), {}] : [features(), {}]);
  const invoke =
    (each: Names) =>
    (head: Head, ...given: unknown[]) =>
      (head[each] as (...given: unknown[]) => unknown)(...given);
  const calls = names.map((each): [string, Call] => [
    `${name}().${each}`,
    // A head can be fitted again after dispose, which frees what it has learned.
    method(each === 'fit' ? { make } : subject, invoke(each), args(each), { options: each === 'fit' ? 2 : 1 }),
  ]);
  return {
    ...Object.fromEntries(calls),
    [`${name}().serialize`]: method(
      subject,
      (head) => head.serialize(),
      () => [],
    ),
  };
}

const ALL = ['fit', 'decisionFunction', 'predict'] as const;
const calibrated = async () => heads.calibrate(await fittedSvm(), features(), labels());

const HEADS: Calls = {
  calibrate: call(heads.calibrate, async () => [await fittedSvm(), features(), labels(), {}], { options: 3 }),
  ...methodsOf('calibrate', calibrated, [...ALL, 'predictProba']),
  calibrateCV: call(heads.calibrateCV, () => [svm, features(), labels(), { folds: 2 }], { options: 3 }),
  crossValidate: call(heads.crossValidate, () => [svm, features(), labels(), { folds: 2 }], { options: 3 }),
  ensemble: call(heads.ensemble, async () => [[await fittedSvm(), await fittedSvm()], {}], { options: 1 }),
  ...methodsOf('ensemble', async () => heads.ensemble([await fittedSvm(), await fittedSvm()]), ALL),
  gridSearch: call(
    heads.gridSearch,
    () => [({ C }: { C: number }) => heads.linearL2SVM({ C }), { C: [1, 2] }, features(), labels(), { folds: 2 }],
    { options: 4, skippedOptions: { validation: 'it excludes folds; see gridSearch.validation' } },
  ),
  'gridSearch.validation': call(
    heads.gridSearch,
    () => [svm, { C: [1] }, features(), labels(), { validation: holdOut() }],
    { options: 4, skippedOptions: { folds: 'they exclude validation rows' } },
  ),
  layerOf: call(heads.layerOf, async () => [await fittedSvm()]),
  linearL2SVM: call(heads.linearL2SVM, () => [{}], { options: 0 }),
  ...methodsOf('linearL2SVM', fittedSvm, ALL),
  'linearL2SVM().fitChunks': method(
    { make: svm },
    (head, ...args: Parameters<typeof head.fitChunks>) => head.fitChunks(...args),
    () => [() => [{ features: features(), labels: labels() }], {}],
    { options: 1 },
  ),
  'linearL2SVM().toLayer': method(
    { make: fittedSvm, disposable: true },
    (head) => head.toLayer(),
    () => [],
  ),
  linearL2SVMFromLayer: call(heads.linearL2SVMFromLayer, async () => [(await fittedSvm()).toLayer()]),
  nystroem: call(heads.nystroem, () => [svm(), { components: 8 }], { options: 1 }),
  ...methodsOf('nystroem', () => fitted(heads.nystroem(svm(), { components: 8 })), ALL),
  rbfSVM: call(heads.rbfSVM, () => [{}], { options: 0 }),
  ...methodsOf('rbfSVM', () => fitted(heads.rbfSVM()), ALL),
  selectC: call(
    heads.selectC,
    () => [(C: number) => heads.linearL2SVM({ C }), features(), labels(), { folds: 2, grid: [1] }],
    { options: 3, skippedOptions: { validation: 'it excludes folds; see selectC.validation' } },
  ),
  'selectC.validation': call(
    heads.selectC,
    () => [(C: number) => heads.linearL2SVM({ C }), features(), labels(), { validation: holdOut(), grid: [1] }],
    { options: 3, skippedOptions: { folds: 'they exclude validation rows' } },
  ),
  softmax: call(heads.softmax, () => [{}], { options: 0 }),
  ...methodsOf('softmax', () => fitted(heads.softmax()), [...ALL, 'predictProba']),
  softmaxFromLayer: call(heads.softmaxFromLayer, async () => [(await fittedSvm()).toLayer()]),
};

const MATRIX: Calls = {
  fromMatrix: call(matrix.fromMatrix, () => [matrix.toMatrix(features())]),
  toMatrix: call(matrix.toMatrix, () => [features()]),
};

holdsPromises('fer-heads', heads, HEADS);
holdsPromises('fer-heads/matrix', matrix, MATRIX);
