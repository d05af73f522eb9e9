import type { Images } from 'fer-core';
import { drawGrey } from './grey.js';
import type { Lesson } from './lesson.js';

/** The actions of a card. */
export interface CardActions {
  readonly onRename: () => void;
  readonly onRecord: (card: LessonCard) => void;
  readonly onRemove: (card: LessonCard) => void;
  readonly onDelete: (card: LessonCard) => void;
}

/** The card of a class in the page: its name, a record button, and its faces, each of which can be deleted. */
export class LessonCard {
  readonly lesson: Lesson;
  readonly element: HTMLElement;
  readonly #record: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;
  readonly #name: HTMLInputElement;
  readonly #count: HTMLElement;
  readonly #frames: HTMLElement;
  readonly #actions: CardActions;

  constructor(template: HTMLTemplateElement, name: string, actions: CardActions) {
    this.lesson = { name, faces: [] };
    this.#actions = actions;
    this.element = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const part = <E extends HTMLElement>(selector: string): E => this.element.querySelector<E>(selector)!;
    this.#record = part('.record');
    this.#remove = part('.remove');
    this.#name = part('input');
    this.#count = part('.count');
    this.#frames = part('.frames');
    this.#name.value = name;
    this.#name.ariaLabel = 'Name of the class';
    this.#name.addEventListener('input', () => {
      this.lesson.name = this.#name.value.trim();
      this.#label();
      actions.onRename();
    });
    this.#record.addEventListener('click', () => actions.onRecord(this));
    this.#remove.addEventListener('click', () => actions.onRemove(this));
    this.#label();
  }

  focus(): void {
    this.#name.select();
  }

  /** Number of faces still to be recorded; 0 if none are being recorded. */
  set recording(left: number) {
    this.#record.ariaPressed = String(left > 0);
    this.#record.textContent = left > 0 ? `Stop (${left})` : 'Record';
  }

  addFace(face: Images): void {
    this.lesson.faces.push(face);
    const canvas = document.createElement('canvas');
    drawGrey(canvas, face);
    const button = document.createElement('button');
    button.type = 'button';
    button.append(canvas);
    button.addEventListener('click', () => this.#delete(button));
    const item = document.createElement('li');
    item.append(button);
    this.#frames.append(item);
    this.#frames.scrollTop = this.#frames.scrollHeight;
    this.#label();
  }

  /**
   * Marks the faces that are classified wrongly when they are left out. `names` has the predicted class of each face.
   */
  mark(predicted: readonly string[]): void {
    for (const [i, button] of this.#buttons().entries()) {
      const wrong = predicted[i] !== undefined && predicted[i] !== this.lesson.name;
      button.toggleAttribute('data-wrong', wrong);
      if (wrong) button.dataset.wrong = predicted[i];
    }
    this.#label();
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#frames.querySelectorAll('button')];
  }

  #delete(button: HTMLButtonElement): void {
    const at = this.#buttons().indexOf(button);
    this.lesson.faces.splice(at, 1);
    button.parentElement!.remove();
    const left = this.#buttons();
    // A keyboard user continues with the next face.
    (left[Math.min(at, left.length - 1)] ?? this.#record).focus();
    this.#label();
    this.#actions.onDelete(this);
  }

  #label(): void {
    const { name, faces } = this.lesson;
    const n = faces.length;
    this.#record.ariaLabel = `Record pictures for ${name}`;
    this.#remove.ariaLabel = `Remove ${name}`;
    this.#frames.ariaLabel = `Pictures of ${name}`;
    this.#frames.hidden = n === 0;
    this.#count.textContent = n === 0 ? 'No pictures yet' : n === 1 ? '1 picture' : `${n} pictures`;
    for (const [i, button] of this.#buttons().entries()) {
      const { wrong } = button.dataset;
      button.ariaLabel = `Delete picture ${i + 1} of ${name}${wrong ? `, which is taken for ${wrong}` : ''}`;
      button.title = wrong ? `Taken for ${wrong}. Click to delete it.` : 'Click to delete it.';
    }
  }
}
