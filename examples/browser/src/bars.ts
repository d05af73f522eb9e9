import type { ClassReading } from './reading.js';

/** A list of labelled bars, one per class. */
export class Bars {
  readonly #list: HTMLElement;
  readonly #rows = new Map<string, { row: HTMLElement; bar: HTMLElement; text: HTMLElement }>();

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  /** Draws empty bars for these classes. */
  reset(classes: readonly string[]): void {
    this.#rows.clear();
    for (const name of classes) {
      const [row, label, track, bar, text] = ['li', 'span', 'span', 'span', 'span'].map((tag) =>
        document.createElement(tag),
      );
      label.textContent = name;
      label.title = name;
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

  /** Shows one reading; `top` is the name of its most likely class. */
  show(readings: readonly ClassReading[], top: string): void {
    for (const { name, share, text } of readings) {
      const row = this.#rows.get(name)!;
      row.bar.style.scale = `${share} 1`;
      if (row.text.textContent !== text) row.text.textContent = text;
      row.row.toggleAttribute('data-top', name === top);
    }
  }

  /** Empties the bars, when there is no answer. */
  clear(): void {
    for (const { row, bar, text } of this.#rows.values()) {
      bar.style.scale = '0 1';
      text.textContent = '–';
      row.removeAttribute('data-top');
    }
  }
}
