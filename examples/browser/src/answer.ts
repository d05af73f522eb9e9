import type { Images } from 'fer-core';
import { Bars } from './bars.js';
import { drawGrey } from './grey.js';
import { byClass } from './reading.js';
import { type SeenFace, sureness } from './sight.js';

/**
 * The answer for the selected face: the face as the classifier sees it, its most likely class, and one bar per class.
 */
export class Answer {
  readonly #element: HTMLElement;
  readonly #bars: Bars;
  readonly #crop: HTMLCanvasElement;
  readonly #top: HTMLElement;
  readonly #detail: HTMLElement;
  /** The classes of the bars, as JSON. */
  #classes = '[]';

  constructor(element: HTMLElement, parts: HTMLTemplateElement) {
    this.#element = element;
    element.append(parts.content.cloneNode(true));
    this.#bars = new Bars(element.querySelector<HTMLElement>('.bars')!);
    this.#crop = element.querySelector('canvas')!;
    this.#top = element.querySelector<HTMLElement>('.top')!;
    this.#detail = element.querySelector<HTMLElement>('.detail')!;
    this.clear();
  }

  /** Draws empty bars for these classes, unless they exist already. */
  prepare(classes: readonly string[]): void {
    const key = JSON.stringify(classes);
    if (key === this.#classes) return;
    this.#classes = key;
    this.#bars.reset(classes);
    this.clear();
  }

  /**
   * Shows a reading.
   *
   * @param image - The face as the classifier sees it.
   * @param of - The classifier that gave the answer. It is kept in `data-of`, and the numbers of the picture and the face
   *   in `data-picture` and `data-face`, until another answer comes or the list is cleared.
   */
  show(face: SeenFace, image: Images, of: { readonly classifier: string; readonly picture: number }): void {
    const readings = byClass(face);
    this.prepare(readings.map(({ name }) => name));
    this.#bars.show(readings, face.expression);
    drawGrey(this.#crop, image);
    this.#top.textContent = face.expression;
    this.#detail.textContent = sureness(face);
    this.#element.dataset.of = of.classifier;
    this.#element.dataset.picture = String(of.picture);
    this.#element.dataset.face = String(face.id);
    this.#element.toggleAttribute('data-empty', false);
  }

  /** Clears the answer. */
  clear(): void {
    delete this.#element.dataset.of;
    delete this.#element.dataset.picture;
    delete this.#element.dataset.face;
    this.#element.toggleAttribute('data-empty', true);
    this.#bars.clear();
    this.#crop.getContext('2d')!.clearRect(0, 0, this.#crop.width, this.#crop.height);
    this.#top.textContent = '–';
    this.#detail.textContent = '';
  }
}
