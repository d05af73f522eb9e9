import * as tf from '@tensorflow/tfjs-core';
import { type FaceDetector, faceDetector, type Photo } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollOf } from '../src/face.js';
import { overlap } from '../src/suppress.js';
import { BOXES, drawn, THREE_FACES, threeFaces } from './pictures.js';

let photo: Photo;
beforeAll(async () => {
  await useWasm();
  photo = await loadPhoto(THREE_FACES);
});

describe.each(['fast', 'thorough'] as const)('faceDetector, %s', (mode) => {
  let detector: FaceDetector;
  beforeAll(async () => {
    detector = await faceDetector({ mode });
  });
  afterAll(() => detector.dispose());

  it('finds every face and nothing else, the largest first', async () => {
    const before = tf.memory().numTensors;
    const faces = await detector.detect(photo);
    expect(tf.memory().numTensors).toBe(before);
    expect(faces).toHaveLength(3);
    const areas = faces.map(({ box }) => box.width * box.height);
    expect(areas).toEqual([...areas].sort((a, b) => b - a));
    for (const box of BOXES) expect(Math.max(...faces.map((face) => overlap(face.box, box)))).toBeGreaterThan(0.7);
    for (const { box, score, points, roll } of faces) {
      expect(score).toBeGreaterThan(0.8);
      expect(Math.abs(roll)).toBeLessThan(10);
      const { rightEye, leftEye, nose, mouthLeft, mouthRight } = points!;
      // From the viewer's left to right, and from top to bottom, all within the box.
      expect([box.x, rightEye.x, nose.x, leftEye.x, box.x + box.width]).toEqual(
        [box.x, rightEye.x, nose.x, leftEye.x, box.x + box.width].sort((a, b) => a - b),
      );
      expect(Math.max(rightEye.y, leftEye.y)).toBeLessThan(nose.y);
      expect(nose.y).toBeLessThan(Math.min(mouthLeft.y, mouthRight.y));
    }
  });

  it.each([320, 479, 481, 639, 641])('finds them whatever the width: %i', async (width) => {
    const faces = await detector.detect(await threeFaces(width));
    const scale = width / 600;
    expect(faces).toHaveLength(3);
    for (const { x, y, ...sides } of BOXES) {
      const box = { x: x * scale, y: y * scale, width: sides.width * scale, height: sides.height * scale };
      expect(Math.max(...faces.map((face) => overlap(face.box, box)))).toBeGreaterThan(0.6);
    }
  });

  it('finds a face that the edge cuts', async () => {
    const { pixels, height } = photo;
    // The left third of the left face is missing.
    const [left, width] = [76, 130];
    const part = drawn(width, height, (x, y) =>
      pixels.subarray(3 * (y * 600 + left + x), 3 * (y * 600 + left + x) + 3),
    );
    const faces = await detector.detect(part);
    expect(faces).toHaveLength(1);
    expect(faces[0].box.x + faces[0].box.width / 2).toBeLessThan(40);
  });

  it.each([-20, 20])('tells by how much a head is turned: %i°', async (turn) => {
    const { default: sharp } = await import('sharp');
    const rolls: number[] = [];
    for (const angle of [0, turn]) {
      const turned = await sharp(THREE_FACES)
        .extract({ left: 410, top: 0, width: 180, height: 200 })
        .rotate(angle, { background: '#444' })
        .png()
        .toBuffer();
      const [{ roll, points }] = await detector.detect(await loadPhoto(turned));
      expect(rollOf(points!)).toBeCloseTo(roll);
      rolls.push(roll);
    }
    expect(Math.abs(rolls[1] - rolls[0] - turn)).toBeLessThan(7);
  });

  it('finds no face where there is none', async () => {
    const without = [
      drawn(1, 1, () => [128, 128, 128]),
      drawn(2000, 1, (x) => [x & 255, 0, 0]),
      drawn(3, 700, (_, y) => [y & 255, y & 255, 0]),
      drawn(320, 240, (x, y) => [x & 255, y & 255, 128]),
      drawn(400, 300, (x, y) => (((x >> 4) + (y >> 4)) & 1 ? [255, 255, 255] : [0, 0, 0])),
    ];
    for (const picture of without) expect(await detector.detect(picture)).toEqual([]);
  });

  it('keeps to minScore, maxFaces and minSize', async () => {
    expect(await detector.detect(photo, { maxFaces: 2 })).toHaveLength(2);
    expect(await detector.detect(photo, { minScore: 1 })).toEqual([]);
    expect(await detector.detect(photo, { minSize: 150 })).toEqual([]);
    expect(await detector.detect(photo, { minSize: 60 })).toHaveLength(3);
  });

  it('reports progress, and stops when told to, leaving no tensor', async () => {
    const before = tf.memory().numTensors;
    const shares: number[] = [];
    await detector.detect(photo, {
      onProgress: (event) => event.kind === 'transform' && shares.push(event.done / event.total),
    });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = detector.detect(photo, { signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    await expect(detector.detect(photo, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ minScore: -0.1 }, 'INVALID_ARGUMENT'],
    [{ minScore: Number.NaN }, 'INVALID_ARGUMENT'],
    [{ maxFaces: 0 }, 'INVALID_ARGUMENT'],
    [{ maxFaces: 1.5 }, 'INVALID_ARGUMENT'],
    [{ minSize: Number.POSITIVE_INFINITY }, 'INVALID_ARGUMENT'],
  ])('refuses the options %o', async (options, code) => {
    await expect(detector.detect(photo, options)).rejects.toMatchObject({ code });
  });

  it.each([
    { pixels: new Uint8Array(3), width: 2, height: 1 },
    { pixels: new Uint8Array(0), width: 0, height: 1 },
    { pixels: new Uint8Array(6), width: 1.5, height: 2 },
    { pixels: [1, 2, 3] as unknown as Uint8Array, width: 1, height: 1 },
  ])('refuses what is no photo: %o', async (bad) => {
    await expect(detector.detect(bad)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});

it('finds faces of 20 pixels and more by default, and smaller ones if told to', async () => {
  const detector = await faceDetector();
  // Faces of 21.6 to 23 pixels, and of 17.9 to 19.7.
  const [larger, smaller] = [await threeFaces(150), await threeFaces(125)];
  expect(await detector.detect(larger)).toHaveLength(3);
  expect(await detector.detect(larger, { minSize: 24 })).toEqual([]);
  expect(await detector.detect(smaller)).toEqual([]);
  expect(await detector.detect(smaller, { minSize: 17 })).toHaveLength(3);
  detector.dispose();
});

it('frees its tensors once, and is of no use afterwards', async () => {
  const before = tf.memory().numTensors;
  const detector = await faceDetector();
  expect(tf.memory().numTensors).toBeGreaterThan(before);
  detector.dispose();
  detector.dispose();
  expect(tf.memory().numTensors).toBe(before);
  await expect(detector.detect(photo)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it.each(['fast', 'thorough'] as const)('says so if it is disposed of while it detects, %s', async (mode) => {
  const before = tf.memory().numTensors;
  const detector = await faceDetector({ mode });
  const detection = detector.detect(photo);
  detector.dispose();
  await expect(detection).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'the detector has been disposed of: make another.',
  });
  expect(tf.memory().numTensors).toBe(before);
});

it('refuses an unknown mode', async () => {
  await expect(faceDetector({ mode: 'slow' as 'fast' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
