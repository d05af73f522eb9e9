/** How long a live answer must be stable before it is announced, in milliseconds. */
const STEADY = 1000;

/** Announces the answer to users of screen readers, once it is stable and only when it changes. */
export class Speech {
  readonly #region: HTMLElement;
  #text = '';
  #since = 0;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** @param live - Whether the answer comes from a camera. The answer for a photo is announced at once. */
  say(text: string, live: boolean): void {
    const now = performance.now();
    if (text !== this.#text) this.#since = now;
    this.#text = text;
    const steady = !live || now - this.#since > STEADY;
    if (steady && this.#region.textContent !== text) this.#region.textContent = text;
  }
}
