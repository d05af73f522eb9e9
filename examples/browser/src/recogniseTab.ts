import { CHOICES, type Choice, type ChoiceName, loadReader, percent, type Reader } from './classifiers.js';
import { canExplain } from './explain.js';

/** The elements of the page that the tab uses. */
export interface RecogniseElements {
  readonly select: HTMLSelectElement;
  readonly explain: HTMLInputElement;
  readonly about: HTMLElement;
}

/** Callbacks of the tab. */
export interface RecogniseEvents {
  /** Another classifier was chosen or has loaded; see {@link RecogniseTab.reader}. */
  readonly onChange: () => void;
  readonly onError: (error: Error) => void;
}

/** Classifies faces with one of the shipped classifiers. */
export class RecogniseTab {
  readonly #page: RecogniseElements;
  #reader?: Reader;

  constructor(page: RecogniseElements, events: RecogniseEvents) {
    this.#page = page;
    page.select.append(...CHOICES.map(({ name, words }) => new Option(words, name)));
    page.explain.addEventListener('change', () => events.onChange());
    page.select.addEventListener('change', () => {
      events.onChange();
      this.load().then(events.onChange, (error: Error) => {
        events.onError(error);
        events.onChange();
      });
    });
  }

  /** The chosen classifier; undefined while it loads. */
  get reader(): Reader | undefined {
    return this.#reader?.name === this.#page.select.value ? this.#reader : undefined;
  }

  /** The classifier that was loaded last, even while another one loads. */
  get loaded(): Reader | undefined {
    return this.#reader;
  }

  /** Whether to show which parts of the face speak for the answer. */
  get explains(): boolean {
    return this.#page.explain.checked && !this.#page.explain.disabled;
  }

  /**
   * Loads the chosen classifier.
   *
   * @throws Error if it can't be loaded. The menu then shows the previous classifier.
   */
  async load(): Promise<void> {
    const { select, explain, about } = this.#page;
    const name = select.value as ChoiceName;
    const choice = CHOICES.find((known) => known.name === name)!;
    about.textContent = 'Loading this classifier…';
    try {
      const reader = await loadReader(name);
      // Another one may have been chosen while this one was loading.
      if (select.value !== name) return;
      this.#reader = reader;
      explain.disabled = !canExplain(reader.classifier);
      about.textContent = describe(choice);
    } catch (cause) {
      if (select.value === name) this.#goBack();
      throw new Error(`“${choice.words}” could not be loaded. Check the connection, and choose it again.`, { cause });
    }
  }

  #goBack(): void {
    const before = CHOICES.find(({ name }) => name === this.#reader?.name);
    if (before) this.#page.select.value = before.name;
    this.#page.about.textContent = before ? describe(before) : '';
  }
}

/** A sentence about the accuracy of a classifier. */
function describe({ accuracy, n }: Choice): string {
  return (
    `Right for ${percent(accuracy)} of ${n.toLocaleString('en')} photographs that it was not trained on (FER2013’s ` +
    'PublicTest). People agree with the labels of about 65\u00a0%.'
  );
}
