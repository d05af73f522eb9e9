/**
 * A digest of all learning rates so far. It detects whether another schedule would have led to a different state. Only
 * six digits of each rate count, since the last bits of a cosine differ between engines.
 */
export class RateTrail {
  #hash: number;

  /** @param digest - The digest of the rates so far. */
  constructor(digest = 0x811c9dc5) {
    this.#hash = digest;
  }

  add(rate: number): void {
    const text = `${rate.toPrecision(6)};`;
    // FNV-1a, 32 bits.
    for (let i = 0; i < text.length; i++) this.#hash = Math.imul(this.#hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }

  get digest(): number {
    return this.#hash;
  }
}
