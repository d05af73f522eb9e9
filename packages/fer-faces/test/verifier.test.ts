import * as tf from '@tensorflow/tfjs-core';
import { Random } from 'fer-core';
import { loadPhoto } from 'fer-faces/node';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import base64 from '../data/verifier.js';
import { faceSquare } from '../src/framing.js';
import { greySquare } from '../src/greySquare.js';
import { fuse } from '../src/verifier/fuse.js';
import { decodeVerifier, disposeVerifier, runVerifier, SIDE, type VerifierWeights } from '../src/verifier/network.js';
import { verify } from '../src/verifier/verify.js';
import { BOXES, THREE_FACES } from './pictures.js';

beforeAll(async () => {
  await useWasm();
});

/** The network in float64, written from its description: rows × columns × channels, one value at a time. */
function reference({ convolutions, output }: VerifierWeights, image: Uint8Array): number {
  const mean = image.reduce((a, b) => a + b, 0) / image.length;
  const deviation = Math.sqrt(image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / image.length);
  let side = SIDE;
  let maps: number[][] = [Array.from(image, (value) => (value - mean) / deviation)];
  for (const [layer, { filter, bias }] of convolutions.entries()) {
    const [weights, biases] = [filter.dataSync(), bias.dataSync()];
    const [inputs, outputs] = [maps.length, biases.length];
    maps = Array.from({ length: outputs }, (_, o) =>
      Array.from({ length: side * side }, (_, at) => {
        const [row, column] = [Math.floor(at / side), at % side];
        let sum = biases[o];
        for (let i = 0; i < 9 * inputs; i++) {
          const [y, x] = [row + Math.floor(i / inputs / 3) - 1, column + (Math.floor(i / inputs) % 3) - 1];
          if (y < 0 || x < 0 || y >= side || x >= side) continue;
          sum += weights[i * outputs + o] * maps[i % inputs][y * side + x];
        }
        return Math.max(0, sum);
      }),
    );
    if (layer % 2 === 0 || layer + 1 === convolutions.length) continue;
    const [before, half] = [side, side / 2];
    side = half;
    maps = maps.map((map) =>
      Array.from({ length: half * half }, (_, at) => {
        const corner = 2 * Math.floor(at / half) * before + 2 * (at % half);
        return Math.max(map[corner], map[corner + 1], map[corner + before], map[corner + before + 1]);
      }),
    );
  }
  return maps.reduce(
    (sum, map, i) => sum + (output.weights[i] * map.reduce((a, b) => a + b, 0)) / map.length,
    output.bias,
  );
}

describe('the verifier', () => {
  it('computes what its description says, in every image of a batch, leaving no tensor', async () => {
    const before = tf.memory().numTensors;
    const weights = decodeVerifier(base64);
    const random = new Random(1);
    const images = [0, 1, 2].map(() => Uint8Array.from({ length: SIDE * SIDE }, () => random.int(256)));
    const logits = await runVerifier(weights, images);
    for (const [i, image] of images.entries()) expect(logits[i]).toBeCloseTo(reference(weights, image), 3);
    expect(await runVerifier(weights, [])).toEqual([]);
    const [flat] = await runVerifier(weights, [new Uint8Array(SIDE * SIDE).fill(90)]);
    expect(flat).toBeTypeOf('number');
    expect(Number.isFinite(flat)).toBe(true);
    disposeVerifier(weights);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('averages the logits of three views of a face, one of them mirrored', async () => {
    const weights = decodeVerifier(base64);
    const photo = await loadPhoto(THREE_FACES);
    const face = { box: BOXES[0], score: 1, roll: 4 };
    const square = faceSquare(face, true);
    const view = (share: number) => greySquare(photo, { ...square, side: share * square.side }, SIDE);
    const middle = view(0.92);
    const rows = Array.from({ length: SIDE }, (_, y) => [...middle.subarray(y * SIDE, (y + 1) * SIDE)].reverse());
    const logits = await runVerifier(weights, [view(0.86), Uint8Array.from(rows.flat()), view(0.98)]);
    const [logit] = await verify(weights, photo, [face]);
    expect(logit).toBeCloseTo((logits[0] + logits[1] + logits[2]) / 3, 4);
    disposeVerifier(weights);
  });

  it('tells faces from walls, and from faces upside down', async () => {
    const weights = decodeVerifier(base64);
    const photo = await loadPhoto(THREE_FACES);
    const face = { score: 1, roll: 0 };
    const faces = await verify(
      weights,
      photo,
      BOXES.map((box) => ({ ...face, box })),
    );
    for (const logit of faces) expect(logit).toBeGreaterThan(3);
    const [wall, ...turned] = await verify(weights, photo, [
      { ...face, box: { x: 330, y: 10, width: 90, height: 100 } },
      ...BOXES.map((box) => ({ ...face, box, roll: 180 })),
    ]);
    expect(wall).toBeLessThan(0);
    for (const [i, logit] of turned.entries()) expect(logit).toBeLessThan(faces[i] - 3);
    disposeVerifier(weights);
  });

  it('refuses damaged weights', () => {
    expect(() => decodeVerifier(base64.slice(0, 400))).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('fuse', () => {
  /** Pixels of the finest level of a photo of 1,600×1,200. */
  const MOST = 2560 * 1920;

  it('is the logistic function of the weighted logits', () => {
    // All three scores at 0.5, or a logit of 0, leave the bias.
    const bias = Math.log(fuse({ search: 0.5, upright: 0.5, verifier: 0 }, MOST) ** -1 - 1);
    const logit = (scores: Parameters<typeof fuse>[0]): number => -Math.log(fuse(scores, MOST) ** -1 - 1) + bias;
    const [search, upright, verifier] = [
      logit({ search: 0.8, upright: 0.5, verifier: 0 }),
      logit({ search: 0.5, upright: 0.8, verifier: 0 }),
      logit({ search: 0.5, upright: 0.5, verifier: Math.log(4) }),
    ];
    expect(logit({ search: 0.8, upright: 0.8, verifier: Math.log(4) })).toBeCloseTo(search + upright + verifier);
    for (const part of [search, upright, verifier]) expect(part).toBeGreaterThan(0);
  });

  it('stays within 0 and 1 at the ends', () => {
    expect(fuse({ search: 0, upright: 0, verifier: -1000 }, MOST)).toBeGreaterThanOrEqual(0);
    expect(fuse({ search: 1, upright: 1, verifier: 1000 }, MOST)).toBeLessThanOrEqual(1);
    expect(fuse({ search: 1, upright: 1, verifier: 5 }, MOST)).toBeGreaterThan(0.95);
  });

  it('falls with the logarithm of the pixels searched, within limits', () => {
    const logit = (searched: number): number =>
      -Math.log(fuse({ search: 0.5, upright: 0.5, verifier: 0 }, searched) ** -1 - 1);
    const [small, middle, large] = [800 * 600, 1600 * 1200, MOST].map(logit);
    expect(small - middle).toBeCloseTo(0.44 * Math.log(4), 9);
    expect(middle - large).toBeCloseTo(0.44 * Math.log(2.56), 9);
    expect([logit(1), logit(10 * MOST)]).toEqual([small, large]);
  });
});
