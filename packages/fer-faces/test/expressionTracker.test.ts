import type { Classifier, Images } from 'fer-core';
import { expressionTracker, type Face, type FaceBox, type FaceDetector, type Photo } from 'fer-faces';
import { beforeEach, describe, expect, it } from 'vitest';
import { drawn } from './pictures.js';

/** What the stub detector finds in the next frames, and how often it was asked. */
let boxes: FaceBox[];
let detections: number;
const detector: FaceDetector = {
  async detect(_, { signal } = {}) {
    signal?.throwIfAborted();
    detections++;
    return boxes.map((box): Face => ({ box, score: 0.9, roll: 0 }));
  },
  dispose() {},
};

/** Says "bright" with the probability that a face's grey has. */
const classifier: Classifier<Images> = {
  classes: ['dark', 'bright'],
  async predictProba({ images, n, width, height }) {
    const greys = Array.from({ length: n }, (_, i) => images[i * width * height] / 255);
    return { data: Float32Array.from(greys.flatMap((grey) => [1 - grey, grey])), rows: n, columns: 2 };
  },
  decisionFunction: () => Promise.reject(new Error('not used')),
  predict: () => Promise.reject(new Error('not used')),
  fit: () => Promise.reject(new Error('not used')),
  serialize: () => Promise.reject(new Error('not used')),
  dispose() {},
};

const frame = (grey: number, width = 200): Photo => drawn(width, 100, () => [grey, grey, grey]);
const at = (x: number): FaceBox => ({ x, y: 20, width: 40, height: 40 });

beforeEach(() => {
  boxes = [at(20)];
  detections = 0;
});

describe('expressionTracker', () => {
  it('keeps identities while boxes overlap, whatever their order', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 1 });
    boxes = [at(20), at(120)];
    const first = await tracker.update(frame(100), { time: 0 });
    boxes = [at(130), at(30), at(75)];
    const second = await tracker.update(frame(100), { time: 0.1 });
    expect(first.map(({ id }) => id)).toEqual([1, 2]);
    expect(second.map(({ id }) => id)).toEqual([2, 1, 3]);
    expect(second.map(({ age }) => age)).toEqual([0.1, 0.1, 0]);
  });

  it('keeps identities when the camera changes its resolution', async () => {
    const tracker = expressionTracker({ detector, classifier });
    boxes = [at(20), at(120)];
    await tracker.update(frame(100), { time: 0 });
    boxes = [{ x: 60, y: 10, width: 20, height: 40 }];
    const smaller = await tracker.update(frame(100, 100), { time: 0.1 });
    expect(smaller.map(({ id }) => id)).toEqual([2]);
    boxes = [at(20), at(120)];
    // The first face was missed, and its box was kept in the pixels of the smaller frames.
    const back = await tracker.update(frame(100), { time: 0.2 });
    expect(back.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('looks for faces in every third frame, and reads them in every one', async () => {
    const tracker = expressionTracker({ detector, classifier, timeConstant: 0 });
    const read: number[] = [];
    for (let i = 0; i < 7; i++) {
      const [face] = await tracker.update(frame(i * 30), { time: i / 30 });
      read.push(Math.round(face.probabilities!.bright * 255));
    }
    expect(detections).toBe(3);
    expect(read).toEqual([0, 30, 60, 90, 120, 150, 180]);
  });

  it('reads only new faces in frames with detection if it is told to alternate', async () => {
    const tracker = expressionTracker({ detector, classifier, alternate: true, timeConstant: 0 });
    const read: number[][] = [];
    for (let i = 0; i < 7; i++) {
      if (i === 3) boxes = [at(20), at(120)];
      const faces = await tracker.update(frame(i * 30), { time: i / 30 });
      read.push(faces.map(({ probabilities }) => Math.round(probabilities!.bright * 255)));
    }
    expect(detections).toBe(3);
    expect(read).toEqual([[0], [30], [60], [60, 90], [120, 120], [150, 150], [150, 150]]);
    const everyFrame = expressionTracker({ detector, classifier, alternate: true, detectEvery: 1, timeConstant: 0 });
    await everyFrame.update(frame(0), { time: 0 });
    const [face] = await everyFrame.update(frame(255), { time: 1 });
    expect(face.probabilities!.bright).toBe(1);
  });

  it('smooths readings exponentially over seconds, not frames', async () => {
    for (const steps of [1, 4, 10]) {
      const tracker = expressionTracker({ detector, classifier, timeConstant: 0.5 });
      await tracker.update(frame(0), { time: 0 });
      let bright = 0;
      let expression = '';
      for (let i = 1; i <= steps; i++) {
        const [face] = await tracker.update(frame(255), { time: (0.5 * i) / steps });
        bright = face.probabilities!.bright;
        expression = face.expression;
        expect(face.probabilities!.dark + bright).toBeCloseTo(1, 6);
      }
      expect(bright).toBeCloseTo(1 - Math.exp(-1), 6);
      expect(expression).toBe('bright');
    }
  });

  it('shows no face that is not there, remembers it for a while, and then forgets it', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 1, forgetAfter: 1 });
    await tracker.update(frame(50), { time: 0 });
    boxes = [];
    expect(await tracker.update(frame(50), { time: 0.5 })).toEqual([]);
    boxes = [at(22)];
    expect((await tracker.update(frame(50), { time: 1 }))[0].id).toBe(1);
    boxes = [];
    expect(await tracker.update(frame(50), { time: 1.5 })).toEqual([]);
    boxes = [at(22)];
    expect((await tracker.update(frame(50), { time: 2.6 }))[0].id).toBe(2);
  });

  it('does not show a face again in the frames between two detections that missed it', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 2 });
    await tracker.update(frame(50), { time: 0 });
    await tracker.update(frame(50), { time: 0.1 });
    boxes = [];
    expect(await tracker.update(frame(50), { time: 0.2 })).toEqual([]);
    expect(await tracker.update(frame(50), { time: 0.3 })).toEqual([]);
  });

  it('looks again at once when the frames change their size', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 100 });
    await tracker.update(frame(50), { time: 0 });
    await tracker.update(frame(50), { time: 1 });
    await tracker.update(frame(50, 300), { time: 2 });
    expect(detections).toBe(2);
  });

  it('starts anew after a reset, and takes earlier times then', async () => {
    const tracker = expressionTracker({ detector, classifier });
    await tracker.update(frame(50), { time: 10 });
    tracker.reset();
    expect((await tracker.update(frame(50), { time: 0 }))[0]).toMatchObject({ id: 2, age: 0 });
  });

  it('works on overlapping calls one after another, and drops those that a reset overtakes', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 1 });
    const all = await Promise.all([0, 1, 2].map((time) => tracker.update(frame(50), { time })));
    expect(all.map(([{ id }]) => id)).toEqual([1, 1, 1]);
    const late = tracker.update(frame(50), { time: 3 });
    await Promise.resolve();
    tracker.reset();
    await late;
    expect((await tracker.update(frame(50), { time: 0 }))[0].age).toBe(0);
  });

  it('goes on after a frame that was stopped', async () => {
    const tracker = expressionTracker({ detector, classifier, detectEvery: 1 });
    await tracker.update(frame(50), { time: 0 });
    const reason = new Error('enough');
    await expect(tracker.update(frame(50), { time: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await tracker.update(frame(50), { time: 0.5 }))[0]).toMatchObject({ id: 1, age: 0.5 });
  });

  it.each([{ detectEvery: 0 }, { detectEvery: 1.5 }, { timeConstant: -1 }, { forgetAfter: Number.NaN }])(
    'refuses %o',
    (options) => {
      const make = () => expressionTracker({ detector, classifier, ...options });
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it('refuses frames that go back in time', async () => {
    const tracker = expressionTracker({ detector, classifier });
    await tracker.update(frame(50), { time: 1 });
    for (const time of [0.5, Number.NaN]) {
      await expect(tracker.update(frame(50), { time })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});
