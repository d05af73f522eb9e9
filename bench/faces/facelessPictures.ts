/** Pictures without faces: drawn ones, and the landscapes of an npm package. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Random } from 'fer-core';
import type { Photo } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';

const KINDS = ['gradient', 'noise', 'clouds', 'stripes', 'checks', 'discs'] as const;

/** `n` drawn pictures of 160 to `most` pixels per side. */
export function* facelessPictures(n: number, seed: string, most: number): Generator<Photo> {
  for (let i = 0; i < n; i++) {
    const random = new Random(`${seed}/${i}`);
    const [width, height] = [160 + random.int(most - 159), 160 + random.int(most - 159)];
    yield drawPicture(KINDS[i % KINDS.length], width, height, random);
  }
}

/** One drawn picture. */
export function drawPicture(kind: (typeof KINDS)[number], width: number, height: number, random: Random): Photo {
  const colour = (): number[] => [0, 1, 2].map(() => random.int(256));
  const [a, b, c] = [colour(), colour(), colour()];
  const [angle, period] = [random.between(0, Math.PI), random.between(4, 80)];
  const at = clouds(random, width, height);
  const discs = Array.from({ length: 12 }, () => ({
    x: random.int(width),
    y: random.int(height),
    r: random.between(8, Math.min(width, height) / 3),
    colour: colour(),
  }));
  const along = (x: number, y: number): number => x * Math.cos(angle) + y * Math.sin(angle);
  const across = (x: number, y: number): number => y * Math.cos(angle) - x * Math.sin(angle);
  // Compute only what this kind needs; otherwise drawing would take longer than face detection.
  const shares: Readonly<Record<typeof kind, (x: number, y: number) => number>> = {
    gradient: (x, y) => (x / width + y / height) / 2,
    noise: () => random.uniform(),
    clouds: at,
    stripes: (x, y) => (1 + Math.sin(along(x, y) / period)) / 2,
    checks: (x, y) => (Math.floor(along(x, y) / period) + Math.floor(across(x, y) / period)) & 1,
    discs: (x, y) => at(x, y) * 0.4,
  };
  const share = shares[kind];
  const other = kind === 'discs' ? c : b;
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 3) {
      const part = share(x, y);
      const disc = kind === 'discs' ? discs.find((d) => (d.x - x) ** 2 + (d.y - y) ** 2 < d.r ** 2) : undefined;
      for (let k = 0; k < 3; k++) pixels[i + k] = (disc?.colour ?? a)[k] * (1 - part) + other[k] * part;
    }
  }
  return { pixels, width, height };
}

/** Value noise of four octaves, 0..1. */
function clouds(random: Random, width: number, height: number): (x: number, y: number) => number {
  const side = 32;
  const grid = Float32Array.from({ length: side * side }, () => random.uniform());
  const cell = (x: number, y: number): number => grid[(y & (side - 1)) * side + (x & (side - 1))];
  const smooth = (t: number): number => t * t * (3 - 2 * t);
  const base = Math.max(width, height) / 4;
  return (x, y) => {
    let [sum, weight] = [0, 0];
    for (let octave = 0; octave < 4; octave++) {
      const scale = base / 2 ** octave;
      const [u, v] = [x / scale, y / scale];
      const [i, j] = [Math.floor(u), Math.floor(v)];
      const [s, t] = [smooth(u - i), smooth(v - j)];
      const top = cell(i, j) * (1 - s) + cell(i + 1, j) * s;
      const bottom = cell(i, j + 1) * (1 - s) + cell(i + 1, j + 1) * s;
      sum += (top * (1 - t) + bottom * t) / 2 ** octave;
      weight += 1 / 2 ** octave;
    }
    return sum / weight;
  };
}

/** The streets and walls in tracking's examples (a cube map), and the printed house of `box1.png`. */
export async function landscapes(): Promise<Photo[]> {
  const root = join(dirname(createRequire(import.meta.url).resolve('tracking/package.json')), 'examples/assets');
  const cube = readdirSync(join(root, 'fish_tank'))
    .filter((name) => name.endsWith('.png'))
    .sort();
  const files = [...cube.map((name) => join(root, 'fish_tank', name)), join(root, 'box1.png'), join(root, 'box2.png')];
  return Promise.all(files.map((file) => loadPhoto(file)));
}
