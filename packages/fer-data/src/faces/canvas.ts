/** Points in pixels: x0, y0, x1, y1, … Pixel (i, j) covers [i, i+1) × [j, j+1). */
export type Points = readonly number[];

/** How a shape is painted. */
export interface Paint {
  /** 0 black to 1 white. */
  readonly shade: number;
  /** 0 is transparent, 1 covers what is below. @default 1 */
  readonly opacity?: number | undefined;
}

/**
 * A grey picture of floats with exact anti-aliasing: a shape covers a pixel by the share of the pixel's area within it.
 *
 * The areas come from an accumulation buffer, as in font renderers (Raph Levien, "Inside the fastest font renderer in
 * the world", 2016): each edge adds its change of area to the pixels that it crosses, and a running sum along each row
 * gives the areas. The cost is proportional to the length of the outline, plus one addition per pixel.
 */
export class Canvas {
  readonly data: Float32Array;
  /** Its rows are three times as long as the picture's, so that shapes may reach beyond it on both sides. */
  readonly #area: Float32Array;
  readonly #stride: number;

  /** @param size - Height and width in pixels. */
  constructor(readonly size: number) {
    this.data = new Float32Array(size * size);
    this.#stride = 3 * size + 2;
    this.#area = new Float32Array(size * this.#stride);
  }

  /** Fills a closed polygon. */
  polygon(points: Points, { shade, opacity = 1 }: Paint): void {
    const { size, data } = this;
    const [area, stride, n] = [this.#area, this.#stride, points.length];
    let [left, right, top, bottom] = [3 * size, 0, size, 0];
    let ax = this.#column(points[n - 2]);
    let ay = points[n - 1];
    for (let i = 0; i < n; i += 2) {
      const bx = this.#column(points[i]);
      const by = points[i + 1];
      this.#edge(ax, ay, bx, by);
      left = Math.min(left, bx);
      right = Math.max(right, bx);
      top = Math.min(top, by);
      bottom = Math.max(bottom, by);
      ax = bx;
      ay = by;
    }
    const first = Math.floor(left);
    const last = Math.min(stride - 1, Math.ceil(right) + 1);
    for (let j = Math.max(0, Math.floor(top)); j < Math.min(size, Math.ceil(bottom)); j++) {
      let sum = 0;
      for (let column = first; column <= last; column++) {
        sum += area[j * stride + column];
        area[j * stride + column] = 0;
        if (column < size || column >= 2 * size) continue;
        const at = j * size + column - size;
        data[at] += opacity * Math.min(1, Math.abs(sum)) * (shade - data[at]);
      }
    }
  }

  /** Draws an open line of the given width in pixels. */
  stroke(points: Points, width: number, paint: Paint): void {
    const n = points.length;
    const outline = new Array<number>(2 * n);
    for (let i = 0; i < n; i += 2) {
      const before = Math.max(0, i - 2);
      const after = Math.min(n - 2, i + 2);
      const dx = points[after] - points[before];
      const dy = points[after + 1] - points[before + 1];
      const scale = width / 2 / (Math.hypot(dx, dy) || 1);
      outline[i] = points[i] - dy * scale;
      outline[i + 1] = points[i + 1] + dx * scale;
      outline[2 * n - 2 - i] = points[i] + dy * scale;
      outline[2 * n - 1 - i] = points[i + 1] - dx * scale;
    }
    this.polygon(outline, paint);
  }

  #column(x: number): number {
    return Math.min(Math.max(x + this.size, 0), 3 * this.size);
  }

  /** Adds one edge to the accumulation buffer. */
  #edge(ax: number, ay: number, bx: number, by: number): void {
    if (ay === by) return;
    const area = this.#area;
    const sign = ay < by ? 1 : -1;
    const [x0, y0, x1, y1] = ay < by ? [ax, ay, bx, by] : [bx, by, ax, ay];
    const slope = (x1 - x0) / (y1 - y0);
    const end = Math.min(this.size, Math.ceil(y1));
    let x = y0 < 0 ? x0 - y0 * slope : x0;
    for (let j = Math.max(0, Math.floor(y0)); j < end; j++) {
      const height = Math.min(j + 1, y1) - Math.max(j, y0);
      const next = x + slope * height;
      const d = sign * height;
      const [low, high] = x < next ? [x, next] : [next, x];
      const first = Math.floor(low);
      const last = Math.ceil(high);
      const at = j * this.#stride + first;
      if (last <= first + 1) {
        const middle = (x + next) / 2 - first;
        area[at] += d * (1 - middle);
        area[at + 1] += d * middle;
      } else {
        const steep = 1 / (high - low);
        const f0 = 1 - (low - first);
        const f1 = high - last + 1;
        const a0 = 0.5 * steep * f0 * f0;
        const am = 0.5 * steep * f1 * f1;
        area[at] += d * a0;
        if (last === first + 2) {
          area[at + 1] += d * (1 - a0 - am);
        } else {
          const a1 = steep * (0.5 + f0);
          area[at + 1] += d * (a1 - a0);
          for (let i = 2; i < last - first - 1; i++) area[at + i] += d * steep;
          const a2 = a1 + (last - first - 3) * steep;
          area[at + last - first - 1] += d * (1 - a2 - am);
        }
        area[at + last - first] += d * am;
      }
      x = next;
    }
  }
}
