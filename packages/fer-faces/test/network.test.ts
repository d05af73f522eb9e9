import * as tf from '@tensorflow/tfjs-core';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import base64 from '../data/yunet.js';
import { suppress } from '../src/suppress.js';
import { runYunet } from '../src/yunet/network.js';
import { decodeWeights, disposeWeights, type YunetWeights } from '../src/yunet/weights.js';
import { THREE_FACES } from './pictures.js';

let weights: YunetWeights;
beforeAll(async () => {
  await useWasm();
  weights = decodeWeights(base64);
});
afterAll(() => disposeWeights(weights));

/**
 * What libfacedetection itself (commit acf7b25, its own C++, g++ -O2) finds in the same pixels: score, then x, y, width
 * and height, then x and y of the five points. It cuts fractions off.
 */
const REFERENCE = [
  [0.936347, 458, 48, 87, 113, 481, 93, 517, 94, 496, 116, 482, 133, 516, 133],
  [0.933312, 231, 131, 90, 115, 257, 173, 297, 172, 278, 195, 261, 213, 294, 212],
  [0.923168, 49, 74, 86, 117, 73, 120, 113, 121, 94, 144, 77, 161, 110, 161],
];

it('finds what libfacedetection finds, in every picture of a batch', async () => {
  const photo = await loadPhoto(THREE_FACES);
  const before = tf.memory().numTensors;
  const batch = await runYunet(weights, [photo, photo], 0.5);
  expect(tf.memory().numTensors).toBe(before);
  for (const candidates of batch) {
    const kept = suppress(candidates.map((candidate) => ({ ...candidate, box: candidate })));
    expect(kept).toHaveLength(REFERENCE.length);
    for (const [i, [score, ...numbers]] of REFERENCE.entries()) {
      const { x, y, width, height, points } = kept[i];
      expect(kept[i].score).toBeCloseTo(score, 2);
      for (const [j, value] of [x, y, width, height, ...points].entries()) {
        expect(Math.abs(value - (numbers[j] + 0.5))).toBeLessThan(1.3);
      }
    }
  }
});

it('refuses damaged weights', () => {
  expect(() => decodeWeights(base64.slice(0, 400))).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
});
