/** The fused ops by their definitions, in double precision and plain loops: what the gradients' tests differentiate. */

/** Numbers in row-major order, and their shape. */
export interface Numbers {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** The result of an op, and how far it is from the nearest input at which the op has no derivative. */
export interface Result extends Numbers {
  readonly clearance: number;
}

export interface ConvolutionOptions {
  readonly strides: readonly [number, number];
  readonly pad: 'valid' | 'same';
  readonly relu: boolean;
}

/** y[n, i, j, o] = Σ x[n, i·strideY + a − padTop, j·strideX + b − padLeft, c] · w[a, b, c, o] + bias[o]. */
export function conv2d(x: Numbers, w: Numbers, bias: Numbers, { strides, pad, relu }: ConvolutionOptions): Result {
  const [n, height, width, channels] = x.shape;
  const [kh, kw, , out] = w.shape;
  const rows = axis(height, kh, strides[0], pad);
  const columns = axis(width, kw, strides[1], pad);
  const z = new Float64Array(n * rows.size * columns.size * out);
  for (let at = 0; at < z.length; at += out) {
    const j = (at / out) % columns.size;
    const i = Math.floor(at / out / columns.size) % rows.size;
    const image = Math.floor(at / out / columns.size / rows.size);
    z.set(bias.data, at);
    for (let a = 0; a < kh; a++) {
      for (let b = 0; b < kw; b++) {
        const y = i * strides[0] + a - rows.before;
        const u = j * strides[1] + b - columns.before;
        if (y < 0 || y >= height || u < 0 || u >= width) continue;
        for (let c = 0; c < channels; c++) {
          const value = x.data[((image * height + y) * width + u) * channels + c];
          const tap = ((a * kw + b) * channels + c) * out;
          for (let o = 0; o < out; o++) z[at + o] += value * w.data[tap + o];
        }
      }
    }
  }
  return activate({ data: z, shape: [n, rows.size, columns.size, out] }, relu);
}

/** The gradients of Σ dy · conv2d(x, w): of x, and of w. */
export function conv2dGradients(
  x: Numbers,
  w: Numbers,
  dy: Numbers,
  { strides, pad }: Pick<ConvolutionOptions, 'strides' | 'pad'>,
): [Float64Array, Float64Array] {
  const [, height, width, channels] = x.shape;
  const [kh, kw, , out] = w.shape;
  const rows = axis(height, kh, strides[0], pad);
  const columns = axis(width, kw, strides[1], pad);
  const dx = new Float64Array(x.data.length);
  const dw = new Float64Array(w.data.length);
  for (let at = 0; at < dy.data.length; at += out) {
    const j = (at / out) % columns.size;
    const i = Math.floor(at / out / columns.size) % rows.size;
    const image = Math.floor(at / out / columns.size / rows.size);
    for (let a = 0; a < kh; a++) {
      for (let b = 0; b < kw; b++) {
        const y = i * strides[0] + a - rows.before;
        const u = j * strides[1] + b - columns.before;
        if (y < 0 || y >= height || u < 0 || u >= width) continue;
        for (let c = 0; c < channels; c++) {
          const from = ((image * height + y) * width + u) * channels + c;
          const tap = ((a * kw + b) * channels + c) * out;
          for (let o = 0; o < out; o++) {
            dx[from] += w.data[tap + o] * dy.data[at + o];
            dw[tap + o] += x.data[from] * dy.data[at + o];
          }
        }
      }
    }
  }
  return [dx, dw];
}

/** y[n, o] = Σ x[n, c] · w[c, o] + bias[o]. */
export function dense(x: Numbers, w: Numbers, bias: Numbers, relu: boolean): Result {
  const [n, channels] = x.shape;
  const out = w.shape[1];
  const z = Float64Array.from({ length: n * out }, (_, at) => {
    const [row, o] = [Math.floor(at / out), at % out];
    let sum = bias.data[o];
    for (let c = 0; c < channels; c++) sum += x.data[row * channels + c] * w.data[c * out + o];
    return sum;
  });
  return activate({ data: z, shape: [n, out] }, relu);
}

/** y = scale · (x − mean) / √(variance + epsilon) + offset, mean and biased variance of each channel over all else. */
export function batchNormTraining(x: Numbers, scale: Numbers, offset: Numbers, epsilon: number): Result {
  const channels = scale.data.length;
  const rows = x.data.length / channels;
  const y = new Float64Array(x.data.length);
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    for (let i = c; i < y.length; i += channels) mean += x.data[i] / rows;
    let variance = 0;
    for (let i = c; i < y.length; i += channels) variance += (x.data[i] - mean) ** 2 / rows;
    for (let i = c; i < y.length; i += channels) {
      y[i] = (scale.data[c] * (x.data[i] - mean)) / Math.sqrt(variance + epsilon) + offset.data[c];
    }
  }
  return { data: y, shape: x.shape, clearance: Number.POSITIVE_INFINITY };
}

/** y = x / (1 − rate) where the element is kept, else 0. */
export function dropout(x: Numbers, kept: readonly boolean[], rate: number): Result {
  return {
    data: x.data.map((v, i) => (kept[i] ? v / (1 - rate) : 0)),
    shape: x.shape,
    clearance: Number.POSITIVE_INFINITY,
  };
}

/** The largest of each window inside the image. */
export function maxPool(x: Numbers, window: number, stride: number, pad: 'valid' | 'same'): Result {
  const [n, height, width, channels] = x.shape;
  const rows = axis(height, window, stride, pad);
  const columns = axis(width, window, stride, pad);
  const shape = [n, rows.size, columns.size, channels];
  const y = new Float64Array(n * rows.size * columns.size * channels);
  let clearance = Number.POSITIVE_INFINITY;
  for (let at = 0; at < y.length; at++) {
    const c = at % channels;
    const j = Math.floor(at / channels) % columns.size;
    const i = Math.floor(at / channels / columns.size) % rows.size;
    const image = Math.floor(at / channels / columns.size / rows.size);
    const seen: number[] = [];
    for (let a = 0; a < window; a++) {
      for (let b = 0; b < window; b++) {
        const row = i * stride + a - rows.before;
        const column = j * stride + b - columns.before;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        seen.push(x.data[((image * height + row) * width + column) * channels + c]);
      }
    }
    seen.sort((a, b) => b - a);
    y[at] = seen[0];
    if (seen.length > 1) clearance = Math.min(clearance, seen[0] - seen[1]);
  }
  return { data: y, shape, clearance };
}

/** The mean over rows of −Σ target · (score − ln Σ e^score). */
export function softmaxCrossEntropy(scores: Numbers, targets: Numbers): Result {
  const [n, k] = scores.shape;
  let loss = 0;
  for (let row = 0; row < n; row++) {
    const s = scores.data.subarray(row * k, (row + 1) * k);
    const top = Math.max(...s);
    const logSum = top + Math.log(s.reduce((sum, score) => sum + Math.exp(score - top), 0));
    s.forEach((score, j) => {
      loss += (targets.data[row * k + j] * (logSum - score)) / n;
    });
  }
  return { data: Float64Array.of(loss), shape: [], clearance: Number.POSITIVE_INFINITY };
}

/** The mean over rows of Σ max(0, 1 − sign · score)², sign = 2 · target − 1. */
export function squaredHinge(scores: Numbers, targets: Numbers): Result {
  let loss = 0;
  scores.data.forEach((score, i) => {
    loss += Math.max(0, 1 - (2 * targets.data[i] - 1) * score) ** 2 / scores.shape[0];
  });
  return { data: Float64Array.of(loss), shape: [], clearance: Number.POSITIVE_INFINITY };
}

function activate({ data, shape }: Numbers, relu: boolean): Result {
  if (!relu) return { data, shape, clearance: Number.POSITIVE_INFINITY };
  const clearance = data.reduce((least, z) => Math.min(least, Math.abs(z)), Number.POSITIVE_INFINITY);
  return { data: data.map((z) => Math.max(0, z)), shape, clearance };
}

/** How many windows an axis has, and how many places before its first element they begin; as TensorFlow pads. */
function axis(length: number, window: number, stride: number, pad: 'valid' | 'same'): { size: number; before: number } {
  if (pad === 'valid') return { size: Math.floor((length - window) / stride) + 1, before: 0 };
  const size = Math.ceil(length / stride);
  return { size, before: Math.floor(Math.max(0, (size - 1) * stride + window - length) / 2) };
}
