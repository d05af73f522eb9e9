import {
  datasetDigest,
  type FeatureExtractor,
  type Images,
  type PipedClassifier,
  type Provenance,
  pipe,
} from 'fer-core';
import { linearL2SVM } from 'fer-heads';
import type { Bars } from './bars.js';
import { download, zipClassifier } from './exportClassifier.js';
import { FaceFeatures } from './faceFeatures.js';
import { missing, toDataset } from './lesson.js';
import { LessonCard } from './lessonCard.js';
import { read } from './reading.js';
import type { Sight } from './watch.js';

/** Faces a recording takes, and the least milliseconds between two of them, so that they differ. */
const RECORDING = { faces: 30, every: 80 };

/** Larger than on thousands of faces: the few there are must outweigh ½‖w‖². */
const C = 1;

/** The parts of the page that the tab works with. */
export interface TrainElements {
  readonly list: HTMLElement;
  readonly card: HTMLTemplateElement;
  readonly add: HTMLButtonElement;
  readonly fit: HTMLButtonElement;
  readonly save: HTMLButtonElement;
  readonly status: HTMLElement;
  readonly bars: Bars;
}

/** Learns classes of one's own on the features of a shipped backbone. */
export class TrainTab {
  readonly #page: TrainElements;
  readonly #backbone: () => FeatureExtractor<Images>;
  readonly #onFitted: () => void;
  readonly #features = new FaceFeatures();
  #cards: LessonCard[] = [];
  #recording?: { readonly card: LessonCard; left: number; due: number };
  #seen?: Sight;
  #own?: { readonly classifier: PipedClassifier; readonly provenance: Provenance };

  constructor(page: TrainElements, backbone: () => FeatureExtractor<Images>, onFitted: () => void) {
    this.#page = page;
    this.#backbone = backbone;
    this.#onFitted = onFitted;
    page.add.addEventListener('click', () => this.#add().focus());
    page.fit.addEventListener('click', () => this.#attempt(() => this.#fit()));
    page.save.addEventListener('click', () => this.#attempt(() => this.#export()));
    this.#add();
    this.#add();
  }

  /** Records what is seen, where that is asked for, and says what the own classifier makes of it. */
  async see(sight: Sight): Promise<void> {
    this.#seen = sight;
    const { face, live } = sight;
    const recording = this.#recording;
    if (face && recording && performance.now() >= recording.due) {
      recording.card.addFace(face.image);
      recording.due = performance.now() + RECORDING.every;
      if (--recording.left === 0 || !live) this.#record();
      this.#update();
      await this.#features.of(face.image, this.#backbone());
    }
    if (!this.#own) return;
    if (face) this.#page.bars.show(await read(this.#own.classifier, face.image, { live }), 'own');
    else this.#page.bars.clear();
  }

  #add(): LessonCard {
    const names = this.#cards.map(({ lesson }) => lesson.name);
    let number = this.#cards.length + 1;
    while (names.includes(`Class ${number}`)) number++;
    const card = new LessonCard(this.#page.card, `Class ${number}`, {
      onRename: () => this.#update(),
      onRecord: () => this.#toggleRecording(card),
      onRemove: () => this.#remove(card),
    });
    this.#cards.push(card);
    this.#page.list.append(card.element);
    this.#update();
    return card;
  }

  #remove(card: LessonCard): void {
    if (this.#recording?.card === card) this.#record();
    this.#cards = this.#cards.filter((other) => other !== card);
    card.element.remove();
    this.#page.add.focus();
    this.#update();
  }

  #toggleRecording(card: LessonCard): void {
    this.#record(this.#recording?.card === card ? undefined : card);
    if (!this.#seen?.face) this.#say('Waiting for a face: use the camera, or choose a photo.');
    else if (!this.#seen.live) void this.see(this.#seen);
  }

  /** Starts recording for a card; without one, ends it. */
  #record(card?: LessonCard): void {
    if (this.#recording) this.#recording.card.recording = false;
    this.#recording = card && { card, left: RECORDING.faces, due: 0 };
    if (card) card.recording = true;
  }

  async #fit(): Promise<void> {
    this.#record();
    const lessons = this.#cards.map(({ lesson }) => lesson);
    const faces = toDataset(lessons);
    const began = performance.now();
    const [backbone, head] = [this.#backbone(), linearL2SVM({ C })];
    const all = lessons.flatMap((lesson) => lesson.faces);
    const { converged } = await head.fit(await this.#features.all(all, backbone), faces);
    const seconds = (performance.now() - began) / 1000;
    this.#own = {
      classifier: pipe(backbone, head),
      provenance: {
        dataDigest: await datasetDigest(faces),
        options: { C },
        notes: { faces: faces.n, seconds, converged },
      },
    };
    this.#page.save.disabled = false;
    this.#page.bars.reset(faces.classes);
    this.#say(`Learned ${faces.n} faces in ${seconds.toFixed(2)} s. Try it.`);
    this.#onFitted();
  }

  async #export(): Promise<void> {
    const { classifier, provenance } = this.#own!;
    download(await zipClassifier(classifier, provenance), 'classifier.zip');
    this.#say('Saved as classifier.zip: unzip it, and Node’s loadClassifier reads the folder.');
  }

  /** Says what is missing, and lets train what is complete. */
  #update(): void {
    const lacking = missing(this.#cards.map(({ lesson }) => lesson));
    this.#page.fit.disabled = lacking !== undefined;
    this.#say(lacking ?? 'Ready to train.');
  }

  #say(text: string): void {
    if (this.#page.status.textContent !== text) this.#page.status.textContent = text;
  }

  #attempt(action: () => Promise<void>): void {
    action().catch((error: Error) => this.#say(error.message));
  }
}
