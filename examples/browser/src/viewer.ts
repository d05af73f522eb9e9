import type { Classifier, Images } from 'fer-core';
import { cropFaces, type FaceDetector, readFaces } from 'fer-faces';
import type { Reader } from './classifiers.js';
import type { FoundFaces } from './photo.js';
import type { SeenFace, Sight } from './sight.js';
import type { Stage } from './stage.js';
import { watch } from './watch.js';

/** The selected face. */
export interface Inspected {
  readonly face: SeenFace;
  /** The face as classifiers see it. */
  readonly crop: Images;
  /** The classifier that reads it; undefined if there is none. */
  readonly reader: Reader | undefined;
  /** Number of the photo; 0 for a camera. */
  readonly picture: number;
}

/** Callbacks of the viewer. */
export interface ViewerEvents {
  /** The classifier in use; undefined if there is none yet. */
  readonly reader: () => Reader | undefined;
  /** Used to follow a camera's faces when no classifier is in use; its answers are not shown. */
  readonly fallback: () => Classifier<Images>;
  /**
   * Shows the answer beside the picture.
   *
   * @returns An explanation to lay over the face, if requested.
   */
  readonly onSight: (sight: Sight, inspected: Inspected | undefined) => Promise<CanvasImageSource | undefined>;
  readonly onError: (error: Error) => void;
}

/** Classifies the faces on the stage, from a photo or a camera, with the classifier in use, and shows the answers. */
export class Viewer {
  readonly #stage: Stage;
  readonly #events: ViewerEvents;
  #photo?: FoundFaces;
  #pictures = 0;
  #inspected?: number;
  /** Counts the changes that make pending readings obsolete. */
  #turn = 0;
  /** Readings of the photo run one after another. */
  #work: Promise<void> = Promise.resolve();
  #camera?: { readonly stop: AbortController; readonly ended: Promise<void>; onFrame: (() => void)[] };

  constructor(stage: Stage, events: ViewerEvents) {
    this.#stage = stage;
    this.#events = events;
  }

  /** Shows a photo while its faces are being searched. */
  showPicture(picture: HTMLCanvasElement): void {
    this.clear();
    this.#stage.showPicture(picture);
  }

  /** Replaces the stage by a photo. */
  async showPhoto(photo: FoundFaces): Promise<void> {
    this.#photo = photo;
    this.#pictures++;
    this.#inspected = undefined;
    await this.refresh();
  }

  /** Replaces the stage by a camera's frames until {@link stopVideo}. */
  startVideo(video: HTMLVideoElement, detector: FaceDetector): void {
    this.#turn++;
    this.#photo = undefined;
    this.#inspected = undefined;
    const stop = new AbortController();
    let reader: Reader | undefined;
    let turn = 0;
    const classifier = (): Classifier<Images> => {
      this.#release();
      turn = this.#turn;
      reader = this.#events.reader();
      return reader?.live ?? this.#events.fallback();
    };
    const onSight = (sight: Sight): Promise<void> => this.#present(sight, reader, turn, 0);
    const ended = watch(video, { detector, classifier, signal: stop.signal }, onSight)
      .catch(this.#events.onError)
      .finally(() => this.#release());
    this.#camera = { stop, ended, onFrame: [] };
  }

  async stopVideo(): Promise<void> {
    this.#camera?.stop.abort();
    await this.#camera?.ended;
    this.#camera = undefined;
  }

  /** Shows nothing. */
  clear(): void {
    this.#turn++;
    this.#photo = undefined;
    this.#inspected = undefined;
    this.#stage.clear();
  }

  /** Selects another face. */
  inspect(id: number): void {
    this.#inspected = id;
    if (this.#photo) this.refresh().catch(this.#events.onError);
  }

  /**
   * Shows the answer of another classifier, or other information: for a camera from the next frame on, for a photo by
   * reading it again.
   *
   * @returns Resolves once the previous classifier is no longer in use.
   */
  refresh(): Promise<void> {
    const turn = ++this.#turn;
    const camera = this.#camera;
    if (camera) return new Promise((resolve) => void camera.onFrame.push(resolve));
    const reading = this.#work.then(() => this.#readPhoto(turn));
    this.#work = reading.catch(() => {});
    return reading;
  }

  #release(): void {
    for (const resolve of this.#camera?.onFrame.splice(0) ?? []) resolve();
  }

  async #readPhoto(turn: number): Promise<void> {
    const found = this.#photo;
    if (!found || turn !== this.#turn) return;
    const picture = this.#pictures;
    const reader = this.#events.reader();
    const { photo, faces } = found;
    const readings = reader && (await readFaces(reader.classifier, cropFaces(photo, faces)));
    if (turn !== this.#turn) return;
    const seen = faces.map((face, i): SeenFace => ({ ...face, ...(readings?.[i] ?? { expression: '' }) }));
    await this.#present({ photo, picture: found.picture, faces: seen, live: false }, reader, turn, picture);
  }

  async #present(sight: Sight, reader: Reader | undefined, turn: number, picture: number): Promise<void> {
    if (turn !== this.#turn) return;
    const face = sight.faces.find(({ id }) => id === this.#inspected) ?? sight.faces[0];
    this.#inspected = face?.id;
    const inspected = face && { face, crop: cropFaces(sight.photo, [face]), reader, picture };
    const heat = await this.#events.onSight(sight, inspected);
    if (turn !== this.#turn) return;
    this.#stage.show(sight, { inspected: face?.id, labels: reader !== undefined, heat });
  }
}
