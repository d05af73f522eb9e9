import { type FaceBox, faceSquare } from 'fer-faces';
import { countFaces, type SeenFace, type Sight, sureness } from './sight.js';

/** The state of the stage: empty, a photo in which faces are being searched, or a picture with its faces. */
export type StageState = 'empty' | 'busy' | 'ready';

/** What to show with a sight. */
export interface ShowOptions {
  /** The id of the selected face. */
  readonly inspected: number | undefined;
  /** Whether to write the answers next to the faces. */
  readonly labels: boolean;
  /** The explanation to lay over the selected face. */
  readonly heat?: CanvasImageSource | undefined;
}

/** Height of a label on the screen, in pixels. If there is less space above a face, its label is drawn inside. */
const LABEL = 28;

/** Draws the picture, and around each face a button with its answer. */
export class Stage {
  readonly #view: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #faces: HTMLElement;
  readonly #onInspect: (id: number) => void;
  /** The canvas on the screen, in pixels. Asking the page for it in every frame would lay the page out each time. */
  #shown = { top: 0, height: 0 };

  constructor(view: HTMLElement, onInspect: (id: number) => void) {
    this.#view = view;
    this.#canvas = view.querySelector('canvas')!;
    this.#context = this.#canvas.getContext('2d')!;
    this.#faces = view.querySelector<HTMLElement>('.faces')!;
    this.#onInspect = onInspect;
    new ResizeObserver(() => {
      this.#shown = { top: this.#canvas.parentElement!.offsetTop, height: this.#canvas.clientHeight };
      this.#turnLabels();
    }).observe(this.#canvas);
  }

  /** Shows a photo while its faces are being searched. */
  showPicture(picture: HTMLCanvasElement): void {
    this.#draw(picture, false);
    this.#state = 'busy';
    this.#faces.replaceChildren();
    this.#describe('Photo');
  }

  show({ picture, faces, live }: Sight, { inspected, labels, heat }: ShowOptions): void {
    this.#draw(picture, live);
    this.#state = 'ready';
    this.#describe(`${live ? 'Camera' : 'Photo'}: ${countFaces(faces.length)}${faces.length ? '' : ' found'}`);
    const face = faces.find(({ id }) => id === inspected);
    if (face && heat) this.#lay(heat, face);
    while (this.#faces.childElementCount > faces.length) this.#faces.lastElementChild!.remove();
    for (const [i, seen] of faces.entries()) {
      const button = (this.#faces.children[i] as HTMLButtonElement | undefined) ?? this.#addButton();
      this.#place(button, seen.box, live);
      const text = labels ? `${seen.expression} ${sureness(seen)}`.trimEnd() : '';
      setText(button.firstElementChild!, text);
      button.ariaPressed = String(seen.id === inspected);
      button.ariaLabel = `Face ${i + 1} of ${faces.length}${text && `: ${text}`}`;
      button.dataset.id = String(seen.id);
    }
    this.#turnLabels();
  }

  clear(): void {
    this.#state = 'empty';
    this.#faces.replaceChildren();
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#describe('No picture yet');
  }

  set #state(state: StageState) {
    this.#view.dataset.state = state;
  }

  #draw(picture: HTMLCanvasElement, live: boolean): void {
    const { width, height } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.#view.style.setProperty('--ratio', String(width / height));
    // People expect their camera to act as a mirror.
    this.#view.toggleAttribute('data-mirrored', live);
    this.#context.drawImage(picture, 0, 0);
  }

  #lay(heat: CanvasImageSource, face: SeenFace): void {
    const { centre, side, turn } = faceSquare(face, true);
    this.#context.save();
    this.#context.translate(centre.x, centre.y);
    this.#context.rotate((turn * Math.PI) / 180);
    this.#context.drawImage(heat, -side / 2, -side / 2, side, side);
    this.#context.restore();
  }

  #addButton(): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face';
    button.append(document.createElement('span'));
    button.addEventListener('click', () => this.#onInspect(Number(button.dataset.id)));
    this.#faces.append(button);
    return button;
  }

  #place(button: HTMLElement, { x, y, width, height }: FaceBox, mirrored: boolean): void {
    const { width: across, height: down } = this.#canvas;
    const left = mirrored ? across - x - width : x;
    const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
    button.style.left = percent(left / across);
    button.style.top = percent(y / down);
    button.style.width = percent(width / across);
    button.style.height = percent(height / down);
  }

  /** Puts labels inside the faces that have no space above them. */
  #turnLabels(): void {
    const { top, height } = this.#shown;
    for (const button of this.#faces.querySelectorAll('button')) {
      const above = top + (Number.parseFloat(button.style.top) / 100) * height;
      button.toggleAttribute('data-inside', above < LABEL);
    }
  }

  #describe(text: string): void {
    if (this.#canvas.getAttribute('aria-label') !== text) this.#canvas.setAttribute('aria-label', text);
  }
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
