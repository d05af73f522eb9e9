/** Argument `i` of a kernel call: a 32-bit word of the block that the caller filled. */
@inline
export function arg(args: usize, i: usize): i32 {
  return load<i32>(args + i * 4);
}

/** Argument `i` as an address or a size. */
@inline
export function ptr(args: usize, i: usize): usize {
  return <usize>load<u32>(args + i * 4);
}

/** Argument `i` as a float. */
@inline
export function num(args: usize, i: usize): f32 {
  return load<f32>(args + i * 4);
}

/**
 * Returns the first of `total` items that thread `t` of `threads` processes. Its share ends where that of thread t + 1
 * begins.
 */
@inline
export function share(total: i32, t: i32, threads: i32): i32 {
  return <i32>((<i64>total * t) / threads);
}
