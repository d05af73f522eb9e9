/** How long an answer must stand before it is spoken, and how long nothing more is then, in milliseconds. */
const STEADY = 1000;

/** Tells people who listen to the page what is seen: once it is steady, and only when it changes. */
export class Speech {
  readonly #region: HTMLElement;
  #text = '';
  #since = 0;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  say(text: string, now = performance.now()): void {
    if (text !== this.#text) {
      this.#text = text;
      this.#since = now;
    } else if (now - this.#since > STEADY && this.#region.textContent !== text) this.#region.textContent = text;
  }

  /** Without waiting: of a photo there is one answer. */
  sayNow(text: string): void {
    this.#text = text;
    this.#region.textContent = text;
  }
}
