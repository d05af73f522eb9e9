import * as tf from '@tensorflow/tfjs-core';
import type { Classifier, FeatureMatrix, Images } from 'fer-core';
import { cropFaces, type FaceDetector, faceDetector, readExpressions, readFaces } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawn, THREE_FACES } from './pictures.js';

let detector: FaceDetector;
beforeAll(async () => {
  await useWasm();
  detector = await faceDetector();
});
afterAll(() => detector.dispose());

/** Scores each image by its mean grey, so that the answers are known. */
function byBrightness(calibrated: boolean): Classifier<Images> {
  const score = async ({ images, n, width, height }: Images): Promise<FeatureMatrix> => {
    const size = width * height;
    const data = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) {
      const mean = images.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0) / size / 255;
      data.set([1 - mean, mean], 2 * i);
    }
    return { data, rows: n, columns: 2 };
  };
  const unused = () => Promise.reject(new Error('not used'));
  return {
    classes: ['dark', 'bright'],
    fit: unused,
    predict: unused,
    serialize: unused,
    decisionFunction: score,
    dispose() {},
    ...(calibrated ? { predictProba: score } : {}),
  };
}

describe('readExpressions', () => {
  it('gives each face its expression and the probabilities by name', async () => {
    const photo = await loadPhoto(THREE_FACES);
    const classifier = await loadPretrained('compact-vgg/softmax');
    const before = tf.memory().numTensors;
    const faces = await readExpressions(photo, { detector, classifier });
    expect(tf.memory().numTensors).toBe(before);
    expect(faces).toHaveLength(3);
    for (const { expression, probabilities, scores } of faces) {
      expect(scores).toBeUndefined();
      expect(Object.keys(probabilities!)).toEqual(classifier.classes);
      const values = Object.values(probabilities!);
      expect(values.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(probabilities![expression]).toBe(Math.max(...values));
    }
    classifier.dispose();
  });

  it('gives scores where the classifier has no probabilities', async () => {
    const photo = await loadPhoto(THREE_FACES);
    const [face] = await readExpressions(photo, { detector, classifier: byBrightness(false), maxFaces: 1 });
    expect(face.probabilities).toBeUndefined();
    expect(face.scores!.dark + face.scores!.bright).toBeCloseTo(1);
  });

  it('gives an empty list where there is no face, without asking the classifier', async () => {
    const empty = drawn(200, 150, () => [90, 90, 90]);
    const classifier = byBrightness(true);
    classifier.predictProba = () => Promise.reject(new Error('asked'));
    expect(await readExpressions(empty, { detector, classifier })).toEqual([]);
  });

  it('hands the signal on', async () => {
    const reason = new Error('enough');
    const reading = readExpressions(await loadPhoto(THREE_FACES), {
      detector,
      classifier: byBrightness(true),
      signal: AbortSignal.abort(reason),
    });
    await expect(reading).rejects.toBe(reason);
  });
});

describe('readFaces', () => {
  it('reads faces that are cropped already', async () => {
    const photo = drawn(100, 40, (x) => new Array(3).fill(x < 50 ? 20 : 220));
    const boxes = [{ box: { x: 10, y: 10, width: 20, height: 20 } }, { box: { x: 70, y: 10, width: 20, height: 20 } }];
    const readings = await readFaces(byBrightness(true), cropFaces(photo, boxes));
    expect(readings.map(({ expression }) => expression)).toEqual(['dark', 'bright']);
    expect(readings[0].probabilities!.bright).toBeCloseTo(20 / 255, 5);
    expect(await readFaces(byBrightness(true), cropFaces(photo, []))).toEqual([]);
  });
});
