/** How long a live answer must stand before it is spoken, in milliseconds. */
const STEADY = 1000;

/** Tells people who listen to the page what is seen: once it is steady, and only when it changes. */
export class Speech {
  readonly #region: HTMLElement;
  #text = '';
  #since = 0;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** @param live - Of a photo there is one answer, and no need to wait. */
  say(text: string, live: boolean): void {
    const now = performance.now();
    if (text !== this.#text) this.#since = now;
    this.#text = text;
    const steady = !live || now - this.#since > STEADY;
    if (steady && this.#region.textContent !== text) this.#region.textContent = text;
  }
}
