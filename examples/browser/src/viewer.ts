import type { Classifier, Images } from 'fer-core';
import { cropFaces, type FaceDetector, readFaces } from 'fer-faces';
import type { Reader } from './classifiers.js';
import type { FoundFaces } from './photo.js';
import type { SeenFace, Sight } from './sight.js';
import type { Stage } from './stage.js';
import { watch } from './watch.js';

/** The face that is inspected. */
export interface Inspected {
  readonly face: SeenFace;
  /** The face as classifiers see it. */
  readonly crop: Images;
  /** Whose answer it has; undefined where no classifier is in use. */
  readonly reader: Reader | undefined;
  /** Counts the photos; 0 for a camera. */
  readonly picture: number;
}

/** What the viewer asks of the page. */
export interface ViewerEvents {
  /** The classifier in use; undefined where there is none yet. */
  readonly reader: () => Reader | undefined;
  /** Follows a camera's faces where no classifier is in use; what it says is not shown. */
  readonly fallback: () => Classifier<Images>;
  /**
   * Shows the answer beside the picture.
   *
   * @returns What explains it, to lay over the face, where that is asked for.
   */
  readonly onSight: (sight: Sight, inspected: Inspected | undefined) => Promise<CanvasImageSource | undefined>;
  readonly onError: (error: Error) => void;
}

/** Reads what is on the stage, a photo or a camera, with the classifier in use, and has it shown. */
export class Viewer {
  readonly #stage: Stage;
  readonly #events: ViewerEvents;
  #photo?: FoundFaces;
  #pictures = 0;
  #inspected?: number;
  /** Counts what makes a reading that is still being worked on stale. */
  #turn = 0;
  /** One reading of the photo after another. */
  #work: Promise<void> = Promise.resolve();
  #camera?: { readonly stop: AbortController; readonly ended: Promise<void>; onFrame: (() => void)[] };

  constructor(stage: Stage, events: ViewerEvents) {
    this.#stage = stage;
    this.#events = events;
  }

  /** Shows a photo whose faces are not known yet. */
  showPicture(picture: HTMLCanvasElement): void {
    this.clear();
    this.#stage.showPicture(picture);
  }

  /** Shows a photo in place of what is shown. */
  async showPhoto(photo: FoundFaces): Promise<void> {
    this.#photo = photo;
    this.#pictures++;
    this.#inspected = undefined;
    await this.refresh();
  }

  /** Shows a camera's frames until {@link stopVideo}. */
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

  /** Nothing is shown any more. */
  clear(): void {
    this.#turn++;
    this.#photo = undefined;
    this.#inspected = undefined;
    this.#stage.clear();
  }

  /** Inspects another face. */
  inspect(id: number): void {
    this.#inspected = id;
    if (this.#photo) this.refresh().catch(this.#events.onError);
  }

  /**
   * Another classifier is in use, or something else to show is chosen: a camera's next frame shows it, a photo is read
   * again.
   *
   * @returns Resolves once nothing of before is in use any more.
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
