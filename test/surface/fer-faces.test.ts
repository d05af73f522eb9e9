import { type Classifier, type FeatureMatrix, type Images, softmaxRows } from 'fer-core';
import * as faces from 'fer-faces';
import * as node from 'fer-faces/node';
import { type Calls, call, method } from './call.js';
import { holdsPromises } from './properties.js';

/** A grey photo without faces. */
function photo(): faces.Photo {
  return { pixels: new Uint8Array(24 * 24 * 3).fill(128), width: 24, height: 24 };
}

const box = () => ({ x: 4, y: 4, width: 12, height: 14 });

/** A detector that finds one face in every photo. */
function detector(): faces.FaceDetector {
  return { detect: async () => [{ box: box(), score: 0.9, roll: 0 }], dispose() {} };
}

/** A classifier that gives every class the same score. */
function classifier(): Classifier<Images> {
  const scores = async ({ n }: Images): Promise<FeatureMatrix> => ({
    data: new Float32Array(2 * n),
    rows: n,
    columns: 2,
  });
  return {
    classes: ['a', 'b'],
    fit: () => Promise.reject(new Error('not asked for')),
    decisionFunction: scores,
    predictProba: async (x) => softmaxRows(await scores(x)),
    predict: async ({ n }) => new Uint8Array(n),
    serialize: () => Promise.reject(new Error('not asked for')),
    dispose() {},
  };
}

const images = () => faces.cropFaces(photo(), [{ box: box() }]);
const found = { make: () => faces.faceDetector({ mode: 'fast' }), disposable: true };
const tracker = { make: () => faces.expressionTracker({ detector: detector(), classifier: classifier() }) };

const file = new URL('../../examples/predict-image/none.png', import.meta.url).pathname;

const FACES: Calls = {
  browserPhoto: call(faces.browserPhoto, () => ['https://example.org/a.png', {}], {
    options: 1,
    fails: 'UNSUPPORTED',
  }),
  cropFaces: call(faces.cropFaces, () => [photo(), [{ box: box() }], {}], { options: 2 }),
  expressionTracker: call(faces.expressionTracker, () => [{ detector: detector(), classifier: classifier() }], {
    options: 0,
  }),
  'expressionTracker().update': method(
    tracker,
    (made, ...args: Parameters<typeof made.update>) => made.update(...args),
    () => [photo(), { time: 1 }],
    { options: 1 },
  ),
  faceDetector: call(faces.faceDetector, () => [{}], { options: 0 }),
  'faceDetector().detect': method(
    found,
    (made, ...args: Parameters<typeof made.detect>) => made.detect(...args),
    () => [photo(), {}],
    { options: 1 },
  ),
  faceSquare: call(faces.faceSquare, () => [{ box: box() }, true]),
  readExpressions: call(faces.readExpressions, () => [photo(), { detector: detector(), classifier: classifier() }], {
    options: 1,
  }),
  readFaces: call(faces.readFaces, () => [classifier(), images(), {}], { options: 2 }),
};

const NODE: Calls = {
  loadPhoto: call(node.loadPhoto, () => [file, {}], { options: 1, fails: 'NOT_FOUND' }),
};

holdsPromises('fer-faces', faces, FACES);
holdsPromises('fer-faces/node', node, NODE);
