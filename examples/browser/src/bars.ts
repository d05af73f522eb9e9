import { type Reading, top } from './reading.js';

/** A list of labelled bars, one a class. */
export class Bars {
  readonly #list: HTMLElement;
  readonly #rows = new Map<string, { row: HTMLElement; bar: HTMLElement; text: HTMLElement }>();

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  /** Draws empty bars of these classes. */
  reset(classes: readonly string[]): void {
    delete this.#list.dataset.of;
    this.#rows.clear();
    for (const name of classes) {
      const [row, label, track, bar, text] = ['li', 'span', 'span', 'span', 'span'].map((tag) =>
        document.createElement(tag),
      );
      label.textContent = name;
      label.className = 'name';
      track.className = 'track';
      text.className = 'value';
      text.textContent = '–';
      track.append(bar);
      row.append(label, track, text);
      this.#rows.set(name, { row, bar, text });
    }
    this.#list.replaceChildren(...[...this.#rows.values()].map(({ row }) => row));
  }

  /**
   * Shows one classifier's answer.
   *
   * @param of - Whose answer it is; the list says so in `data-of` until it is cleared.
   */
  show(readings: readonly Reading[], of: string): void {
    this.#list.dataset.of = of;
    const best = top(readings);
    for (const reading of readings) {
      const { row, bar, text } = this.#rows.get(reading.name)!;
      bar.style.scale = `${reading.share} 1`;
      if (text.textContent !== reading.text) text.textContent = reading.text;
      row.toggleAttribute('data-top', reading === best);
    }
  }

  /** Empties the bars: there is no answer. */
  clear(): void {
    delete this.#list.dataset.of;
    for (const { row, bar, text } of this.#rows.values()) {
      bar.style.scale = '0 1';
      text.textContent = '–';
      row.removeAttribute('data-top');
    }
  }
}
