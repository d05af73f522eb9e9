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

/** Bytes from a kernel's arguments to the counters of the items that are taken, one per thread. */
const TAKEN: usize = 192;

/** Into how many chunks for each thread a kernel divides rows that threads {@link take}. */
export const CHUNKS: i32 = 4;

/**
 * Returns the next of `total` items for a thread, or −1 if all are taken. A thread takes the items of its own share in
 * order and then those that other threads have not taken yet, so that none waits for a thread whose core is busy
 * elsewhere.
 */
export function take(args: usize, total: i32, thread: i32, threads: i32): i32 {
  for (let i = 0; i < threads; i++) {
    const owner = thread + i < threads ? thread + i : thread + i - threads;
    const first = share(total, owner, threads), count = share(total, owner + 1, threads) - first;
    const counter = args + TAKEN + <usize>owner * 4;
    if (atomic.load<i32>(counter) >= count) continue;
    const item = atomic.add<i32>(counter, 1);
    if (item < count) return first + item;
  }
  return -1;
}
