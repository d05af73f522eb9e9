import type { Random } from 'fer-core';

/** How the head is held, and where it is in the picture. */
export class Pose {
  /** Pixels of a half face width. */
  readonly scale: number;
  readonly #cx: number;
  readonly #cy: number;
  readonly #cos: number;
  readonly #sin: number;
  readonly #yaw: number;
  readonly #pitch: number;
  readonly #flip: number;

  /**
   * @param size - Pixels a side of the picture.
   * @param amount - How far poses vary: 0 all frontal, 1 as they do by default.
   */
  constructor(random: Random, size: number, amount: number) {
    const vary = (spread: number) => amount * random.between(-spread, spread);
    this.scale = size * 0.36 * (1 + vary(0.12));
    this.#cx = size * (0.5 + vary(0.04));
    this.#cy = size * (0.51 + vary(0.04));
    const roll = vary(0.16);
    this.#cos = Math.cos(roll);
    this.#sin = Math.sin(roll);
    this.#yaw = vary(0.3);
    this.#pitch = vary(0.1);
    this.#flip = random.uniform() < 0.5 ? -1 : 1;
  }

  /**
   * Face coordinates (x right, y down, the middle of the face 0, half its width 1) to pixels. Turning the head moves
   * what is in front, the nose most, against the outline.
   *
   * @param points - x0, y0, x1, y1, …
   * @param depth - Whether the points lie on the face's curved front; the outline and what is behind do not turn.
   */
  place(points: readonly number[], depth = true): number[] {
    const placed = new Array<number>(points.length);
    for (let i = 0; i < points.length; i += 2) {
      let x = points[i] * this.#flip;
      let y = points[i + 1];
      if (depth) {
        const z = Math.sqrt(Math.max(0, 1 - 0.8 * x * x - 0.3 * y * y));
        x = x * Math.cos(this.#yaw) + 0.55 * z * Math.sin(this.#yaw);
        y += 0.5 * z * this.#pitch;
      }
      placed[i] = this.#cx + this.scale * (x * this.#cos - y * this.#sin);
      placed[i + 1] = this.#cy + this.scale * (x * this.#sin + y * this.#cos);
    }
    return placed;
  }

  /** Pixels to face coordinates, of the outline's plane. */
  unplace(px: number, py: number): [x: number, y: number] {
    const u = (px - this.#cx) / this.scale;
    const v = (py - this.#cy) / this.scale;
    return [u * this.#cos + v * this.#sin, v * this.#cos - u * this.#sin];
  }
}
