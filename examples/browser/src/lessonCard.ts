import type { Images } from 'fer-core';
import type { Lesson } from './lesson.js';

/** What can be done on a card. */
export interface CardActions {
  readonly onRename: () => void;
  readonly onRecord: (card: LessonCard) => void;
  readonly onRemove: (card: LessonCard) => void;
}

/** How many of the last faces are shown. */
const THUMBNAILS = 6;

/** A class to learn, as the page shows it: its name, a record button and its last faces. */
export class LessonCard {
  readonly lesson: Lesson;
  readonly element: HTMLElement;
  readonly #record: HTMLButtonElement;
  readonly #name: HTMLInputElement;

  constructor(template: HTMLTemplateElement, name: string, { onRename, onRecord, onRemove }: CardActions) {
    this.lesson = { name, faces: [] };
    this.element = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    this.#record = this.element.querySelector('.record')!;
    this.#name = this.element.querySelector('input')!;
    this.#name.value = name;
    this.#name.addEventListener('input', () => {
      this.lesson.name = this.#name.value.trim();
      this.#label();
      onRename();
    });
    this.#record.addEventListener('click', () => onRecord(this));
    this.element.querySelector('.remove')!.addEventListener('click', () => onRemove(this));
    this.#label();
  }

  focus(): void {
    this.#name.select();
  }

  set recording(on: boolean) {
    this.#record.ariaPressed = String(on);
    this.#record.textContent = on ? 'Stop' : 'Record';
  }

  addFace(face: Images): void {
    const { faces } = this.lesson;
    faces.push(face);
    const strip = this.element.querySelector('.faces')!;
    strip.querySelector('.count')!.textContent = `${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`;
    if (faces.length > THUMBNAILS) strip.querySelector('canvas')!.remove();
    strip.insertBefore(thumbnail(face), strip.lastElementChild);
  }

  #label(): void {
    const { name } = this.lesson;
    this.#name.ariaLabel = 'Name of the class';
    this.#record.ariaLabel = `Record faces for ${name}`;
    this.element.querySelector('.remove')!.ariaLabel = `Remove ${name}`;
  }
}

function thumbnail({ images, width, height }: Images): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.ariaHidden = 'true';
  const pixels = new ImageData(width, height);
  for (const [i, grey] of images.entries()) pixels.data.set([grey, grey, grey, 255], 4 * i);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas;
}
