import { CHOICES, type Choice, type ChoiceName, loadReader, percent, type Reader } from './classifiers.js';
import { canExplain } from './explain.js';

/** The parts of the page that the tab works with. */
export interface RecogniseElements {
  readonly select: HTMLSelectElement;
  readonly explain: HTMLInputElement;
  readonly about: HTMLElement;
}

/** What the tab tells the page. */
export interface RecogniseEvents {
  /** Another classifier is chosen, or is there: {@link RecogniseTab.reader} says which. */
  readonly onChange: () => void;
  readonly onError: (error: Error) => void;
}

/** Reads faces with one of the shipped classifiers. */
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

  /** The classifier that is chosen; undefined while it loads. */
  get reader(): Reader | undefined {
    return this.#reader?.name === this.#page.select.value ? this.#reader : undefined;
  }

  /** The last classifier that was loaded, also while another one loads. */
  get loaded(): Reader | undefined {
    return this.#reader;
  }

  /** Whether to show what speaks for an answer. */
  get explains(): boolean {
    return this.#page.explain.checked && !this.#page.explain.disabled;
  }

  /**
   * Loads the chosen classifier.
   *
   * @throws Error where it can't be loaded. The menu then names the one that was used before.
   */
  async load(): Promise<void> {
    const { select, explain, about } = this.#page;
    const name = select.value as ChoiceName;
    const choice = CHOICES.find((known) => known.name === name)!;
    about.textContent = 'Loading this classifier…';
    try {
      const reader = await loadReader(name);
      // Another one may have been chosen while this one loaded.
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

/** How far to trust it. */
function describe({ accuracy, n }: Choice): string {
  return (
    `Right for ${percent(accuracy)} of ${n.toLocaleString('en')} photographs that it had not learned from (FER2013’s ` +
    'PublicTest). People agree with their labels for about 65\u00a0%.'
  );
}
