import { type Dataset, Random } from 'fer-core';

/** Small images of three kinds that a network can learn: a bright top, a bright left side, a bright centre. */
export function patches(n: number, size: number, seed = 0): Dataset {
  const random = new Random(`patches/${seed}`);
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 3);
  const images = new Uint8Array(n * size * size);
  const bright = [
    (y: number, _: number) => y < size / 3,
    (_: number, x: number) => x < size / 3,
    (y: number, x: number) => Math.hypot(y - size / 2, x - size / 2) < size / 4,
  ];
  for (let i = 0; i < n; i++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const base = bright[labels[i]](y, x) ? 160 : 80;
        images[(i * size + y) * size + x] = Math.max(0, Math.min(255, base + 40 * random.normal()));
      }
    }
  }
  return { images, labels, n, height: size, width: size, channels: 1, classes: ['top', 'left', 'centre'] };
}
