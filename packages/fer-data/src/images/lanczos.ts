/** Lobes of the kernel. */
const LOBES = 3;

/** What each output pixel takes from a line of inputs: `weights[i]` from `starts[i]` on. */
interface Taps {
  readonly starts: readonly number[];
  readonly weights: readonly Float64Array[];
}

/**
 * Resizes an image by the separable Lanczos kernel of three lobes, widened where it shrinks; pixel centres are at ½, and
 * taps beyond the border are left out, the rest summing to 1.
 *
 * @param pixels - height × width × channels bytes.
 */
export function lanczos(
  pixels: Uint8Array,
  from: { readonly height: number; readonly width: number; readonly channels: number },
  to: { readonly height: number; readonly width: number },
): Uint8Array {
  const { height, width, channels } = from;
  if (height === to.height && width === to.width) return pixels;
  const across = taps(width, to.width);
  const down = taps(height, to.height);
  const rows = new Float32Array(height * to.width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [i, weight] of across.weights[x].entries()) {
          sum += weight * pixels[(y * width + across.starts[x] + i) * channels + c];
        }
        rows[(y * to.width + x) * channels + c] = sum;
      }
    }
  }
  const line = to.width * channels;
  // Uint8ClampedArray rounds, and cuts off what the negative lobes overshoot.
  const result = new Uint8ClampedArray(to.height * line);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < line; x++) {
      let sum = 0;
      for (const [i, weight] of down.weights[y].entries()) sum += weight * rows[(down.starts[y] + i) * line + x];
      result[y * line + x] = sum;
    }
  }
  return new Uint8Array(result.buffer);
}

function taps(from: number, to: number): Taps {
  const scale = Math.max(1, from / to);
  const starts: number[] = [];
  const weights: Float64Array[] = [];
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to;
    const start = Math.max(0, Math.floor(centre - LOBES * scale));
    const end = Math.min(from, Math.ceil(centre + LOBES * scale));
    const row = Float64Array.from({ length: end - start }, (_, j) => kernel((start + j + 0.5 - centre) / scale));
    const sum = row.reduce((a, b) => a + b, 0);
    starts.push(start);
    weights.push(row.map((weight) => weight / sum));
  }
  return { starts, weights };
}

function kernel(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}
