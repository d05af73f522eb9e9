import type { Face } from 'fer-faces';
import { expect, it } from 'vitest';
import { inBackground } from '../../browser/src/backgroundDetector.js';

const PHOTO = { pixels: new Uint8Array(3), width: 1, height: 1 };

/** A detector whose searches end when the test says so. */
function controlled() {
  const searches: { resolve(faces: Face[]): void; reject(error: Error): void }[] = [];
  return {
    searches,
    isDisposed: false,
    detect: () => new Promise<Face[]>((resolve, reject) => searches.push({ resolve, reject })),
    dispose() {
      this.isDisposed = true;
    },
  };
}

function face(x: number): Face {
  return { box: { x, y: 0, width: 10, height: 10 }, score: 1, roll: 0 };
}

it('lets only the first frame wait, and searches at most every second frame', async () => {
  const detector = controlled();
  const { detect } = inBackground(detector, 2);
  const first = detect(PHOTO);
  detector.searches[0].resolve([face(1)]);
  expect(await first).toEqual([face(1)]);
  expect(await detect(PHOTO)).toEqual([face(1)]);
  expect(detector.searches).toHaveLength(1);
  expect(await detect(PHOTO)).toEqual([face(1)]);
  expect(await detect(PHOTO)).toEqual([face(1)]);
  expect(await detect(PHOTO)).toEqual([face(1)]);
  expect(detector.searches).toHaveLength(2);
  detector.searches[1].resolve([face(2)]);
  await Promise.resolve();
  expect(await detect(PHOTO)).toEqual([face(2)]);
  expect(detector.searches).toHaveLength(3);
});

it('reports a failed search once, and searches again', async () => {
  const detector = controlled();
  const { detect } = inBackground(detector, 1);
  const first = detect(PHOTO);
  detector.searches[0].reject(new Error('no memory'));
  await expect(first).rejects.toThrow('no memory');
  const second = detect(PHOTO);
  detector.searches[1].resolve([face(3)]);
  expect(await second).toEqual([face(3)]);
});

it("hands out copies, so that callers can't change each other's faces", async () => {
  const detector = controlled();
  const { detect } = inBackground(detector, 9);
  const first = detect(PHOTO);
  detector.searches[0].resolve([face(1)]);
  (await first).pop();
  expect(await detect(PHOTO)).toEqual([face(1)]);
});

it('disposes of its detector', () => {
  const detector = controlled();
  inBackground(detector, 1).dispose();
  expect(detector.isDisposed).toBe(true);
});
