import * as tf from '@tensorflow/tfjs-core';
import { faceDetector, type Photo } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import verifierBase64 from '../data/verifier.js';
import yunetBase64 from '../data/yunet.js';
import { thoroughScales } from '../src/faceDetector.js';
import { pyramid } from '../src/pyramid.js';
import { overlap } from '../src/suppress.js';
import { decodeVerifier, disposeVerifier } from '../src/verifier/network.js';
import { type Networks, scoreCandidates } from '../src/yunet/confirm.js';
import { search } from '../src/yunet/search.js';
import { decodeWeights, disposeWeights } from '../src/yunet/weights.js';
import { BOXES, THREE_FACES } from './pictures.js';

let photo: Photo;
let networks: Networks;
beforeAll(async () => {
  await useWasm();
  photo = await loadPhoto(THREE_FACES);
  networks = { yunet: decodeWeights(yunetBase64), verifier: decodeVerifier(verifierBase64) };
});
afterAll(() => {
  disposeWeights(networks.yunet);
  disposeVerifier(networks.verifier);
});

/** A candidate where no look sees a face, in a grey picture. */
const NOTHING = { box: { x: 80, y: 70, width: 90, height: 100 }, score: 0.3, roll: 0 };
const GREY: Photo = { pixels: new Uint8Array(3 * 240 * 240).fill(120), width: 240, height: 240 };

it('keeps a candidate that is not seen again, with a score of 0 upright', async () => {
  const scene = { photo: GREY, levels: [{ photo: GREY, scale: 1 }] };
  const before = tf.memory().numTensors;
  const [{ face, scores }] = await scoreCandidates(networks, scene, [NOTHING], { minScore: 0 });
  expect(tf.memory().numTensors).toBe(before);
  expect(face.box).toEqual(NOTHING.box);
  expect(scores).toMatchObject({ search: 0.3, upright: 0 });
  expect(scores.verifier).toBeLessThan(0);
});

it('leaves out, before the upright looks, what cannot reach minScore', async () => {
  const scene = { photo, levels: pyramid(photo, thoroughScales(photo, 24)) };
  const found = await search(networks.yunet, photo, scene.levels, { minScore: 0.05 });
  const scored = await scoreCandidates(networks, scene, found, { minScore: 0.35 });
  const grey = { photo: GREY, levels: [{ photo: GREY, scale: 1 }] };
  expect(await scoreCandidates(networks, grey, [NOTHING], { minScore: 0.35 })).toEqual([]);
  for (const box of BOXES) expect(scored.some(({ face }) => overlap(face.box, box) > 0.7)).toBe(true);
});

it('can keep candidates within better ones', async () => {
  const levels = pyramid(photo, thoroughScales(photo, 24));
  const boxes = async (keepNested: boolean) => {
    const found = await search(networks.yunet, photo, levels, { minScore: 0.02, keepNested });
    return found.map(({ box }) => box);
  };
  const [all, outer] = [await boxes(true), await boxes(false)];
  expect(all.length).toBeGreaterThan(outer.length);
});

it('finds the same faces with any minScore', async () => {
  const detector = await faceDetector();
  const all = await detector.detect(photo, { minScore: 0 });
  for (const minScore of [0.2, 0.35, 0.9]) {
    const faces = await detector.detect(photo, { minScore });
    expect(faces).toEqual(all.filter(({ score }) => score >= minScore));
  }
  detector.dispose();
});
