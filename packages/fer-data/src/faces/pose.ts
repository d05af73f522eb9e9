import type { Random } from 'fer-core';

/** Position and rotation of the head in the picture. */
export class Pose {
  /** Half the width of the face, in pixels. */
  readonly scale: number;
  readonly #cx: number;
  readonly #cy: number;
  readonly #cos: number;
  readonly #sin: number;
  readonly #yaw: number;
  readonly #pitch: number;
  readonly #flip: number;

  /**
   * @param size - Height and width of the picture, in pixels.
   * @param amount - How much poses vary. With 0 all are frontal.
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
   * Converts face coordinates (x to the right, y down, origin in the middle of the face, unit half its width) to pixels.
   * Turning the head moves the front of the face, the nose most of all, relative to the outline.
   *
   * @param points - x0, y0, x1, y1, …
   * @param depth - Whether the points lie on the curved front of the face. The outline and what is behind don't turn.
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

  /** Converts pixels to face coordinates, in the plane of the outline. */
  unplace(px: number, py: number): [x: number, y: number] {
    const u = (px - this.#cx) / this.scale;
    const v = (py - this.#cy) / this.scale;
    return [u * this.#cos + v * this.#sin, v * this.#cos - u * this.#sin];
  }
}
