import { arg, ptr, share } from './share';

/*
 * Arithmetic of two tensors that broadcast. The caller collapses their axes to two outer axes and an inner one. Along
 * each axis, an operand either advances or repeats.
 */

const ADD: i32 = 0, SUB: i32 = 1, MUL: i32 = 2, DIV: i32 = 3, SQUARED_DIFFERENCE: i32 = 4, MAXIMUM: i32 = 5;

@inline
function vector(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return v128.add<f32>(a, b);
  if (op == SUB) return v128.sub<f32>(a, b);
  if (op == MUL) return v128.mul<f32>(a, b);
  if (op == DIV) return v128.div<f32>(a, b);
  if (op == MAXIMUM) return f32x4.max(a, b);
  const difference = v128.sub<f32>(a, b);
  return v128.mul<f32>(difference, difference);
}

@inline
function one(op: i32, a: f32, b: f32): f32 {
  if (op == ADD) return a + b;
  if (op == SUB) return a - b;
  if (op == MUL) return a * b;
  if (op == DIV) return a / b;
  if (op == MAXIMUM) return max<f32>(a, b);
  return (a - b) * (a - b);
}

/**
 * Computes `count` results; an operand whose step is 0 repeats. `op` is a constant, so that each call compiles to a
 * loop of its own.
 */
@inline
function line(op: i32, a: usize, stepA: usize, b: usize, stepB: usize, y: usize, count: i32): void {
  const vectors = <usize>(count & ~3) * 4, end = <usize>count * 4;
  if (stepA && stepB) {
    for (let i: usize = 0; i < vectors; i += 16) v128.store(y + i, vector(op, v128.load(a + i), v128.load(b + i)));
    for (let i = vectors; i < end; i += 4) store<f32>(y + i, one(op, load<f32>(a + i), load<f32>(b + i)));
  } else if (stepA) {
    const value = load<f32>(b), values = f32x4.splat(value);
    for (let i: usize = 0; i < vectors; i += 16) v128.store(y + i, vector(op, v128.load(a + i), values));
    for (let i = vectors; i < end; i += 4) store<f32>(y + i, one(op, load<f32>(a + i), value));
  } else if (stepB) {
    const value = load<f32>(a), values = f32x4.splat(value);
    for (let i: usize = 0; i < vectors; i += 16) v128.store(y + i, vector(op, values, v128.load(b + i)));
    for (let i = vectors; i < end; i += 4) store<f32>(y + i, one(op, value, load<f32>(b + i)));
  } else {
    const value = one(op, load<f32>(a), load<f32>(b)), values = f32x4.splat(value);
    for (let i: usize = 0; i < vectors; i += 16) v128.store(y + i, values);
    for (let i = vectors; i < end; i += 4) store<f32>(y + i, value);
  }
}

/**
 * y = a op b.
 *
 * Arguments: op, a, b, y, outer sizes (2), inner size, then the steps of a in floats (outer 2, inner: 0 or 1), and
 * those of b. Threads share the lines; if there is only one line, they share its elements.
 */
export function binary(args: usize, thread: i32, threads: i32): void {
  const op = arg(args, 0), outer0 = arg(args, 4), outer1 = arg(args, 5), inner = arg(args, 6);
  const a0 = ptr(args, 7) * 4, a1 = ptr(args, 8) * 4, a2 = ptr(args, 9) * 4;
  const b0 = ptr(args, 10) * 4, b1 = ptr(args, 11) * 4, b2 = ptr(args, 12) * 4;
  const lines = outer0 * outer1, single = lines == 1;
  // Each thread takes whole vectors, so that each address stays aligned.
  const from = single ? share((inner + 3) / 4, thread, threads) * 4 : 0;
  const to = single ? min(inner, share((inner + 3) / 4, thread + 1, threads) * 4) : inner;
  const end = single ? 1 : share(lines, thread + 1, threads), first = <usize>from * 4, count = to - from;
  for (let i = single ? 0 : share(lines, thread, threads); i < end; i++) {
    const i0 = <usize>(i / outer1), i1 = <usize>(i % outer1);
    const a = ptr(args, 1) + i0 * a0 + i1 * a1 + (a2 ? first : 0), b = ptr(args, 2) + i0 * b0 + i1 * b1 + (b2 ? first : 0);
    const y = ptr(args, 3) + <usize>i * <usize>inner * 4 + first;
    if (op == ADD) line(ADD, a, a2, b, b2, y, count);
    else if (op == SUB) line(SUB, a, a2, b, b2, y, count);
    else if (op == MUL) line(MUL, a, a2, b, b2, y, count);
    else if (op == DIV) line(DIV, a, a2, b, b2, y, count);
    else if (op == MAXIMUM) line(MAXIMUM, a, a2, b, b2, y, count);
    else line(SQUARED_DIFFERENCE, a, a2, b, b2, y, count);
  }
}

/** y = x², √x or |x|. Arguments: op, x, y, size. Threads share the vectors. */
export function unary(args: usize, thread: i32, threads: i32): void {
  const op = arg(args, 0), x = ptr(args, 1), y = ptr(args, 2), size = arg(args, 3), vectors = size >> 2;
  const from = <usize>share(vectors, thread, threads) * 16, to = <usize>share(vectors, thread + 1, threads) * 16;
  if (op == 0) {
    for (let i = from; i < to; i += 16) {
      const v = v128.load(x + i);
      v128.store(y + i, v128.mul<f32>(v, v));
    }
  } else if (op == 1) {
    for (let i = from; i < to; i += 16) v128.store(y + i, f32x4.sqrt(v128.load(x + i)));
  } else {
    for (let i = from; i < to; i += 16) v128.store(y + i, f32x4.abs(v128.load(x + i)));
  }
  if (thread == threads - 1) {
    for (let i = <usize>vectors * 16; i < <usize>size * 4; i += 4) {
      const v = load<f32>(x + i);
      store<f32>(y + i, op == 0 ? v * v : op == 1 ? sqrt(v) : abs(v));
    }
  }
}
