/** The elements of the page that an album uses. */
export interface AlbumElements {
  /** Shown if there are several photos. */
  readonly element: HTMLElement;
  readonly previous: HTMLButtonElement;
  readonly next: HTMLButtonElement;
  /** Shows e.g. "2 of 5". */
  readonly place: HTMLElement;
}

/** Photos that were opened together, one of which is shown. */
export class Album {
  readonly #page: AlbumElements;
  #photos: readonly File[] = [];
  #at = 0;

  constructor(page: AlbumElements, onTurn: (photo: File) => void) {
    this.#page = page;
    const turn = (by: number): void => {
      this.#at = (this.#at + by + this.#photos.length) % this.#photos.length;
      this.#show();
      onTurn(this.#photos[this.#at]);
    };
    page.previous.addEventListener('click', () => turn(-1));
    page.next.addEventListener('click', () => turn(1));
  }

  /** Replaces the photos and shows the first one; an empty list clears the album. */
  open(photos: readonly File[]): void {
    this.#photos = photos;
    this.#at = 0;
    this.#show();
  }

  #show(): void {
    this.#page.element.hidden = this.#photos.length < 2;
    this.#page.place.textContent = `${this.#at + 1} of ${this.#photos.length}`;
  }
}
