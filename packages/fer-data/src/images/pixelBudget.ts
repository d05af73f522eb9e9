/** Pixels that may be decoded at the same time: 300 MB of RGB. */
const BUDGET = 100_000_000;

let held = 0;
let waiting: (() => void)[] = [];

/**
 * Runs some work that holds an image of many pixels in memory, when there is room for it: with sixteen files at a time,
 * large photographs would otherwise take gigabytes. A single image runs whatever its size.
 */
export async function withPixels<T>(pixels: number, work: () => Promise<T>): Promise<T> {
  while (held > 0 && held + pixels > BUDGET) await new Promise<void>((wake) => waiting.push(wake));
  held += pixels;
  try {
    return await work();
  } finally {
    held -= pixels;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }
}
