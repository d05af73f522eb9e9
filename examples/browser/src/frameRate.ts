/** Frames per second, averaged over the last second. */
export class FrameRate {
  #times: number[] = [];

  /** Counts a frame; returns the rate at most twice per second. */
  tick(now: number): number | undefined {
    this.#times.push(now);
    const [first] = this.#times;
    if (now - first < 1000) return undefined;
    const rate = ((this.#times.length - 1) * 1000) / (now - first);
    this.#times = this.#times.filter((time) => time > now - 500);
    return rate;
  }
}
