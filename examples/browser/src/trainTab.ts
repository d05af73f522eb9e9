import type { FeatureExtractor, Images } from 'fer-core';
import { makeReader, type Reader } from './classifiers.js';
import { download, unzipClassifier, zipClassifier } from './exportClassifier.js';
import { FaceFeatures } from './faceFeatures.js';
import { type Lesson, missing, toDataset } from './lesson.js';
import { LessonCard } from './lessonCard.js';
import { leaveOut, OwnClassifier } from './ownClassifier.js';

/** Number of faces in a recording, and the minimum time between two of them in milliseconds, so that they differ. */
const RECORDING = { faces: 30, every: 80 };

/** The elements of the page that the tab uses. */
export interface TrainElements {
  readonly list: HTMLElement;
  readonly card: HTMLTemplateElement;
  readonly add: HTMLButtonElement;
  readonly fit: HTMLButtonElement;
  readonly save: HTMLButtonElement;
  readonly status: HTMLElement;
  /** How to continue in Node; shown after an export. */
  readonly snippet: HTMLElement;
}

/** Callbacks of the tab. */
export interface TrainEvents {
  /** The backbone whose features the head is trained on. */
  readonly backbone: () => FeatureExtractor<Images> | undefined;
  /** The classifier has changed; see {@link TrainTab.reader}. Resolves once the previous one is no longer in use. */
  readonly onChange: () => Promise<void>;
  /** The user wants to record: the page calls `record` with the face that it shows, if there is one. */
  readonly onRecord: () => void;
}

/** The classifier in use: trained here on these lessons, or loaded from a file. */
interface Own {
  readonly reader: Reader;
  readonly trained?: { readonly own: OwnClassifier; readonly lessons: readonly Lesson[] };
}

/** Learns the user's own classes on the features of a shipped backbone. */
export class TrainTab {
  readonly #page: TrainElements;
  readonly #events: TrainEvents;
  readonly #features = new FaceFeatures();
  #cards: LessonCard[] = [];
  #recording?: { readonly card: LessonCard; left: number; due: number };
  #own?: Own;
  /** Counts the changes that make pending results obsolete. */
  #changes = 0;

  constructor(page: TrainElements, events: TrainEvents) {
    this.#page = page;
    this.#events = events;
    page.add.addEventListener('click', () => this.#add().focus());
    page.fit.addEventListener('click', () => this.#attempt(() => this.#fit()));
    page.save.addEventListener('click', () => this.#attempt(() => this.#export()));
    this.#add();
    this.#add();
  }

  /** The classifier that was trained here or loaded; undefined before. */
  get reader(): Reader | undefined {
    return this.#own?.reader;
  }

  /** Records a face if a recording is running. For a photo, one face is enough. */
  async record(face: Images, live: boolean): Promise<void> {
    const recording = this.#recording;
    if (!recording || performance.now() < recording.due) return;
    recording.card.addFace(face);
    recording.card.recording = --recording.left;
    recording.due = performance.now() + RECORDING.every;
    if (recording.left === 0 || !live) this.stopRecording();
    this.#update();
    const backbone = this.#events.backbone();
    if (backbone) await this.#features.of(face, backbone);
  }

  /** Ends a recording. */
  stopRecording(): void {
    if (this.#recording) this.#recording.card.recording = 0;
    this.#recording = undefined;
  }

  /** Uses an exported classifier. */
  async load(file: File): Promise<void> {
    const classifier = await unzipClassifier(file);
    this.#use({ reader: makeReader('own', classifier) });
    this.#say(`${file.name} is loaded: ${classifier.classes.join(', ')}.`);
  }

  #add(): LessonCard {
    const names = this.#cards.map(({ lesson }) => lesson.name);
    let number = this.#cards.length + 1;
    while (names.includes(`Class ${number}`)) number++;
    const card = new LessonCard(this.#page.card, `Class ${number}`, {
      onRename: () => this.#attempt(() => this.#rename()),
      onRecord: () => this.#toggleRecording(card),
      onRemove: () => this.#remove(card),
      onDelete: () => this.#update(),
    });
    this.#cards.push(card);
    this.#page.list.append(card.element);
    this.#update();
    return card;
  }

  #remove(card: LessonCard): void {
    if (this.#recording?.card === card) this.stopRecording();
    this.#cards = this.#cards.filter((other) => other !== card);
    card.element.remove();
    this.#page.add.focus();
    this.#update();
  }

  #toggleRecording(card: LessonCard): void {
    const isOn = this.#recording?.card === card;
    this.stopRecording();
    if (isOn) return;
    this.#recording = { card, left: RECORDING.faces, due: 0 };
    card.recording = RECORDING.faces;
    this.#say('Waiting for a face: use the camera, or choose a photo.');
    this.#events.onRecord();
  }

  /** The class names of a trained classifier follow those of the cards. */
  async #rename(): Promise<void> {
    const trained = this.#own?.trained;
    this.#update();
    const change = this.#changes;
    if (!trained || missing(this.#lessons())) return;
    const renamed = await trained.own.rename(trained.lessons.map(({ name }) => name));
    if (change !== this.#changes) return;
    this.#use({
      reader: makeReader('own', renamed.classifier),
      trained: { own: renamed, lessons: trained.lessons },
    });
    this.#say('Renamed.');
  }

  async #fit(): Promise<void> {
    this.stopRecording();
    const backbone = this.#events.backbone();
    if (!backbone) return this.#say('The classifier is still loading: try again in a moment.');
    const change = ++this.#changes;
    const lessons = this.#lessons();
    const faces = toDataset(lessons);
    const features = await this.#features.all(
      lessons.flatMap((lesson) => lesson.faces),
      backbone,
    );
    const own = await OwnClassifier.fit(backbone, features, faces);
    if (change !== this.#changes) return;
    this.#use({ reader: makeReader('own', own.classifier), trained: { own, lessons } });
    const learned = `Learned ${count(faces.n)} in ${own.seconds.toFixed(2)} s.`;
    this.#say(`${learned} Checking…`);
    const measured = await leaveOut(features, faces);
    if (change !== this.#changes) return;
    if (!measured) return this.#say(`${learned} Record two or more for every class to check how well it works.`);
    const right = Math.round(measured.accuracy * faces.n);
    const how = measured.each === 'face' ? 'one at a time' : 'a tenth at a time';
    this.#say(
      `${learned} ${right} of ${faces.n} (${Math.round(100 * measured.accuracy)}\u00a0%) are classified correctly when ` +
        `left out of training (${how})${right < faces.n ? '; the others are dashed' : ''}. New scenes will be harder.`,
    );
    let row = 0;
    for (const card of this.#cards) {
      const { length } = card.lesson.faces;
      card.mark(Array.from(measured.predicted.subarray(row, row + length), (label) => faces.classes[label]));
      row += length;
    }
  }

  async #export(): Promise<void> {
    const { reader, trained } = this.#own!;
    const provenance = trained ? await trained.own.provenance() : {};
    download(await zipClassifier(reader.classifier, provenance), 'classifier.zip');
    this.#page.snippet.hidden = false;
    this.#say('Saved as classifier.zip. Open it here again, or use it in Node.');
  }

  #use(own: Own): void {
    const before = this.#own;
    this.#own = own;
    this.#page.save.disabled = false;
    const unused = this.#events.onChange();
    // A classifier trained here shares its backbone with a shipped one, and has nothing else to free.
    if (before && !before.trained) void unused.then(() => before.reader.classifier.dispose());
  }

  #lessons(): Lesson[] {
    return this.#cards.map(({ lesson }) => lesson);
  }

  /** Says what is missing, and enables training if nothing is. */
  #update(): void {
    this.#changes++;
    for (const card of this.#cards) card.mark([]);
    const lacking = missing(this.#lessons());
    this.#page.fit.disabled = lacking !== undefined;
    this.#say(lacking ?? (this.#own?.trained ? 'Changed: train again to use it.' : 'Ready to train.'));
  }

  #say(text: string): void {
    if (this.#page.status.textContent !== text) this.#page.status.textContent = text;
  }

  #attempt(action: () => Promise<void>): void {
    action().catch((error: Error) => this.#say(error.message));
  }
}

function count(n: number): string {
  return n === 1 ? '1 picture' : `${n} pictures`;
}
