import { madd } from './madd';
import { arg, num, ptr, share } from './share';

/*
 * One step of an optimiser, in one pass over a variable and its slots, in place. Threads share the whole vectors; the
 * last thread also takes the remaining elements.
 */

/**
 * One step of RMSprop (Tieleman & Hinton, 2012), as in tf.train.rmsprop: s ← decay·s + (1 − decay)·g², w ← w − rate·g /
 * √(s + epsilon). Keras 2 divides by √s + epsilon instead.
 *
 * Arguments: w, g, s, size, rate, decay, epsilon (floats).
 */
export function rmsprop(args: usize, thread: i32, threads: i32): void {
  const w = ptr(args, 0), g = ptr(args, 1), s = ptr(args, 2), size = arg(args, 3);
  const rate = num(args, 4), decay = num(args, 5), epsilon = num(args, 6), rest: f32 = 1 - decay;
  const vectors = size >> 2, end = <usize>share(vectors, thread + 1, threads) * 16;
  const rates = f32x4.splat(rate), decays = f32x4.splat(decay), rests = f32x4.splat(rest), epsilons = f32x4.splat(epsilon);
  for (let i = <usize>share(vectors, thread, threads) * 16; i < end; i += 16) {
    const gradient = v128.load(g + i);
    const square = madd(v128.mul<f32>(gradient, gradient), rests, v128.mul<f32>(v128.load(s + i), decays));
    v128.store(s + i, square);
    const move = f32x4.div(v128.mul<f32>(gradient, rates), f32x4.sqrt(v128.add<f32>(square, epsilons)));
    v128.store(w + i, v128.sub<f32>(v128.load(w + i), move));
  }
  if (thread == threads - 1) {
    for (let i = vectors * 4; i < size; i++) {
      const gradient = load<f32>(g + i * 4), square = decay * load<f32>(s + i * 4) + rest * gradient * gradient;
      store<f32>(s + i * 4, square);
      store<f32>(w + i * 4, load<f32>(w + i * 4) - rate * gradient / sqrt(square + epsilon));
    }
  }
}

/**
 * An exponential moving average: a ← decay·a + rest·v. Arguments: a, v, size, decay, rest (floats; 1 − decay).
 */
export function average(args: usize, thread: i32, threads: i32): void {
  const a = ptr(args, 0), v = ptr(args, 1), size = arg(args, 2), decay = num(args, 3), rest = num(args, 4);
  const vectors = size >> 2, end = <usize>share(vectors, thread + 1, threads) * 16;
  const decays = f32x4.splat(decay), rests = f32x4.splat(rest);
  for (let i = <usize>share(vectors, thread, threads) * 16; i < end; i += 16) {
    v128.store(a + i, v128.add<f32>(v128.mul<f32>(v128.load(a + i), decays), v128.mul<f32>(v128.load(v + i), rests)));
  }
  if (thread == threads - 1) {
    for (let i = vectors * 4; i < size; i++) {
      store<f32>(a + i * 4, load<f32>(a + i * 4) * decay + load<f32>(v + i * 4) * rest);
    }
  }
}

/**
 * One step of SGD with momentum, as in tf.train.momentum and PyTorch: g ← g + decay·w, v ← momentum·v + g, w ← w −
 * rate·v, or with Nesterov's look-ahead w ← w − rate·(g + momentum·v).
 *
 * Arguments: w, g, v, size, nesterov, rate, momentum, decay (floats).
 */
export function momentum(args: usize, thread: i32, threads: i32): void {
  const w = ptr(args, 0), g = ptr(args, 1), v = ptr(args, 2), size = arg(args, 3), nesterov = arg(args, 4);
  const rate = num(args, 5), factor = num(args, 6), decay = num(args, 7);
  const rates = f32x4.splat(-rate), factors = f32x4.splat(factor), decays = f32x4.splat(decay);
  const vectors = size >> 2, end = <usize>share(vectors, thread + 1, threads) * 16;
  for (let i = <usize>share(vectors, thread, threads) * 16; i < end; i += 16) {
    const weight = v128.load(w + i), gradient = madd(weight, decays, v128.load(g + i));
    const velocity = madd(v128.load(v + i), factors, gradient);
    v128.store(v + i, velocity);
    v128.store(w + i, madd(nesterov ? madd(velocity, factors, gradient) : velocity, rates, weight));
  }
  if (thread == threads - 1) {
    for (let i = vectors * 4; i < size; i++) {
      const weight = load<f32>(w + i * 4), gradient = load<f32>(g + i * 4) + decay * weight;
      const velocity = factor * load<f32>(v + i * 4) + gradient;
      store<f32>(v + i * 4, velocity);
      store<f32>(w + i * 4, weight - rate * (nesterov ? gradient + factor * velocity : velocity));
    }
  }
}

/**
 * One step of Adam (Kingma & Ba, 2015) with decoupled weight decay (Loshchilov & Hutter, 2019): m ← β₁m + (1 − β₁)g, v
 * ← β₂v + (1 − β₂)g², w ← w − rate·(m·c₁ / (√(v·c₂) + epsilon) + decay·w), where c = 1 / (1 − βᵗ).
 *
 * Arguments: w, g, m, v, size, rate, β₁, 1 − β₁, β₂, 1 − β₂, epsilon, decay, c₁, c₂ (floats; the caller computes 1 − β
 * in double precision).
 */
export function adam(args: usize, thread: i32, threads: i32): void {
  const w = ptr(args, 0), g = ptr(args, 1), m = ptr(args, 2), v = ptr(args, 3), size = arg(args, 4);
  const rate = num(args, 5), beta1 = num(args, 6), rest1 = num(args, 7), beta2 = num(args, 8), rest2 = num(args, 9);
  const epsilon = num(args, 10), decay = num(args, 11), c1 = num(args, 12), c2 = num(args, 13);
  const b1 = f32x4.splat(beta1), r1 = f32x4.splat(rest1), b2 = f32x4.splat(beta2), r2 = f32x4.splat(rest2);
  const rates = f32x4.splat(-rate), decays = f32x4.splat(decay), epsilons = f32x4.splat(epsilon);
  const vectors = size >> 2, end = <usize>share(vectors, thread + 1, threads) * 16;
  for (let i = <usize>share(vectors, thread, threads) * 16; i < end; i += 16) {
    const gradient = v128.load(g + i), weight = v128.load(w + i);
    const first = madd(v128.load(m + i), b1, v128.mul<f32>(gradient, r1));
    const second = madd(v128.load(v + i), b2, v128.mul<f32>(v128.mul<f32>(gradient, gradient), r2));
    v128.store(m + i, first);
    v128.store(v + i, second);
    const root = v128.add<f32>(f32x4.sqrt(v128.mul<f32>(second, f32x4.splat(c2))), epsilons);
    const move = f32x4.div(v128.mul<f32>(first, f32x4.splat(c1)), root);
    v128.store(w + i, madd(madd(weight, decays, move), rates, weight));
  }
  if (thread == threads - 1) {
    for (let i = vectors * 4; i < size; i++) {
      const gradient = load<f32>(g + i * 4), weight = load<f32>(w + i * 4);
      const first = beta1 * load<f32>(m + i * 4) + rest1 * gradient;
      const second = beta2 * load<f32>(v + i * 4) + rest2 * gradient * gradient;
      store<f32>(m + i * 4, first);
      store<f32>(v + i * 4, second);
      store<f32>(w + i * 4, weight - rate * (first * c1 / (sqrt(second * c2) + epsilon) + decay * weight));
    }
  }
}
