import type { Sight } from './watch.js';

/** Draws what is seen: the picture, a box around the face, and over it what speaks for the answer. */
export class Stage {
  readonly #view: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(view: HTMLElement, canvas: HTMLCanvasElement) {
    this.#view = view;
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  show({ picture, face, live }: Sight, heat?: CanvasImageSource): void {
    const { width, height } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    this.#view.toggleAttribute('data-empty', false);
    // People expect a mirror of their camera.
    this.#view.toggleAttribute('data-mirrored', live);
    this.#context.drawImage(picture, 0, 0);
    this.#describe(`${live ? 'Camera' : 'Photo'}: ${face ? 'a face' : 'no face found'}`);
    if (!face) return;
    const { x, y, width: side } = face.square;
    if (heat) this.#context.drawImage(heat, x, y, side, side);
    this.#drawBox(x, y, side);
  }

  clear(): void {
    this.#view.toggleAttribute('data-empty', true);
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#describe('No picture yet');
  }

  /** White on a dark edge: seen on any picture. */
  #drawBox(x: number, y: number, side: number): void {
    const line = Math.max(2, this.#canvas.width / 250);
    for (const [lineWidth, strokeStyle] of [
      [2 * line, 'rgb(0 0 0 / 45%)'],
      [line, '#fff'],
    ] as const) {
      Object.assign(this.#context, { lineWidth, strokeStyle });
      this.#context.beginPath();
      this.#context.roundRect(x, y, side, side, side / 12);
      this.#context.stroke();
    }
  }

  #describe(text: string): void {
    if (this.#canvas.getAttribute('aria-label') !== text) this.#canvas.setAttribute('aria-label', text);
  }
}
