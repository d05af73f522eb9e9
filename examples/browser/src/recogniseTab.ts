import { type PipedClassifier, type Provenance, readManifest } from 'fer-core';
import { loadPretrained, type PretrainedName, pretrainedFolder, pretrainedNames } from 'fer-models';
import type { Bars } from './bars.js';
import { canExplain, explain } from './explain.js';
import { read, top } from './reading.js';
import type { Speech } from './speech.js';
import type { Sight } from './watch.js';

/** The shipped classifiers that are one network with a head: they are fast enough for a camera, and can be explained. */
type SingleNetwork = Exclude<PretrainedName, `${string}-ensemble/${string}`>;

const NAMES = pretrainedNames.filter((name): name is SingleNetwork => !name.includes('-ensemble/'));

/** The parts of the page that the tab works with. */
export interface RecogniseElements {
  readonly select: HTMLSelectElement;
  readonly explain: HTMLInputElement;
  readonly about: HTMLElement;
  readonly bars: Bars;
  readonly speech: Speech;
}

/** Reads faces with one of the shipped classifiers. */
export class RecogniseTab {
  readonly #page: RecogniseElements;
  readonly #onChange: () => void;
  readonly #loaded = new Map<SingleNetwork, Promise<PipedClassifier>>();
  #classifier?: PipedClassifier;
  /** The name of {@link classifier}; another than the chosen one while that one loads. */
  #name?: SingleNetwork;

  constructor(page: RecogniseElements, onChange: () => void) {
    this.#page = page;
    this.#onChange = onChange;
    page.select.append(...NAMES.map((name) => new Option(name)));
    page.explain.addEventListener('change', onChange);
  }

  /** Loads the first classifier, and from then on whichever is chosen. */
  async start(onError: (error: Error) => void): Promise<void> {
    await this.#load();
    this.#page.select.disabled = false;
    this.#page.select.addEventListener('change', () => {
      // The bars still show the answer of the classifier before.
      this.#page.bars.clear();
      this.#load().then(this.#onChange, onError);
    });
  }

  /** The classifier chosen. */
  get classifier(): PipedClassifier {
    if (!this.#classifier) throw new Error('No classifier is loaded yet.');
    return this.#classifier;
  }

  /** Says what is seen, and gives what explains it, where that is asked for. */
  async see({ face, live }: Sight): Promise<CanvasImageSource | undefined> {
    const { bars, speech } = this.#page;
    const { classifier } = this;
    const name = this.#name!;
    if (this.#page.select.value !== name) return undefined;
    if (!face) {
      bars.clear();
      speech.say('no face', live);
      return undefined;
    }
    const readings = await read(classifier, face.image, { live });
    if (this.#page.select.value !== name) return undefined;
    bars.show(readings, name);
    speech.say(top(readings).name, live);
    return this.#page.explain.checked && canExplain(classifier) ? explain(classifier, face.image) : undefined;
  }

  async #load(): Promise<void> {
    const name = this.#page.select.value as SingleNetwork;
    const loading = this.#loaded.get(name) ?? loadPretrained(name);
    this.#loaded.set(name, loading);
    const [classifier, { provenance }] = await Promise.all([loading, pretrainedFolder(name).then(readManifest)]);
    // Another one may have been chosen while this one loaded.
    if (this.#page.select.value !== name) return;
    this.#classifier = classifier;
    this.#name = name;
    this.#page.bars.reset(classifier.classes);
    this.#page.explain.disabled = !canExplain(classifier);
    this.#page.about.textContent = about(classifier, provenance);
  }
}

/** What the bars mean, and how far to trust them. */
function about({ predictProba }: PipedClassifier, { metrics }: Provenance): string {
  const bars = predictProba ? 'Bars are probabilities.' : 'Bars are margins: +1 is this class, −1 is not.';
  const measured = metrics?.publicTest as { readonly accuracy: number; readonly n: number } | undefined;
  if (!measured) return bars;
  const right = `${(100 * measured.accuracy).toFixed(1)}\u00a0% of ${measured.n.toLocaleString('en')} faces`;
  return `${bars} Right for ${right} of FER2013’s PublicTest, on which people reach about 65\u00a0%.`;
}
