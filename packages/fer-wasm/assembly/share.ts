/** Argument `i` of a kernel call: a 32-bit word of the block that the caller filled. */
@inline
export function arg(args: usize, i: usize): i32 {
  return load<i32>(args + i * 4);
}

/** The same as an address or a size. */
@inline
export function ptr(args: usize, i: usize): usize {
  return <usize>load<u32>(args + i * 4);
}

/** The same as a float. */
@inline
export function num(args: usize, i: usize): f32 {
  return load<f32>(args + i * 4);
}

/** Where the share of thread `t` of `threads` begins, of `total` items; the share of t ends where that of t+1 begins. */
@inline
export function share(total: i32, t: i32, threads: i32): i32 {
  return <i32>((<i64>total * t) / threads);
}
