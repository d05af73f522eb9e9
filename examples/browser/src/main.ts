import { type FaceDetector, faceDetector } from 'fer-faces';
import { useWasm } from 'fer-wasm';
import { Album } from './album.js';
import { Answer } from './answer.js';
import { type Camera, openCamera } from './camera.js';
import { cameraDetector } from './cameraDetector.js';
import { explain } from './explain.js';
import { type GivenFiles, leftOut, onChosen, onDropped } from './files.js';
import { FrameRate } from './frameRate.js';
import { findFaces, readPhoto } from './photo.js';
import { RecogniseTab } from './recogniseTab.js';
import { showSamples } from './samples.js';
import { countFaces, type Sight, sureness } from './sight.js';
import { showSnippet } from './snippet.js';
import { Speech } from './speech.js';
import { Stage } from './stage.js';
import { makeTabs } from './tabs.js';
import { timed } from './timed.js';
import { TrainTab } from './trainTab.js';
import { type Inspected, Viewer } from './viewer.js';

function byId<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

const status = byId('status');
const rate = byId('rate');
const work = byId<HTMLProgressElement>('work');
const cameraButton = byId<HTMLButtonElement>('camera');
const parts = byId<HTMLTemplateElement>('answer-parts');
const answers = { recognise: new Answer(byId('answer'), parts), train: new Answer(byId('own-answer'), parts) };
const speech = new Speech(byId('spoken'));

const recognise = new RecogniseTab(
  {
    select: byId<HTMLSelectElement>('classifier'),
    explain: byId<HTMLInputElement>('explain'),
    about: byId('about'),
  },
  { onChange: () => void refresh(), onError: fail },
);
const train = new TrainTab(
  {
    list: byId('classes'),
    card: byId<HTMLTemplateElement>('class-card'),
    add: byId<HTMLButtonElement>('add'),
    fit: byId<HTMLButtonElement>('fit'),
    save: byId<HTMLButtonElement>('export'),
    status: byId('fitted'),
    snippet: byId('snippet'),
  },
  { backbone: () => recognise.loaded?.classifier.backbone, onChange: refresh, onRecord: refresh },
);
const tabs = makeTabs(document.querySelector<HTMLElement>('[role=tablist]')!, () => {
  train.stopRecording();
  void refresh();
});
const viewer = new Viewer(new Stage(byId('view'), (id) => viewer.inspect(id)), {
  reader: () => (tabs.isShown('train') ? train.reader : recognise.reader),
  fallback: () => recognise.loaded!.live,
  onSight,
  onError: fail,
});
const album = new Album(
  {
    element: byId('album'),
    previous: byId<HTMLButtonElement>('previous'),
    next: byId<HTMLButtonElement>('next'),
    place: byId('place'),
  },
  (file) => change(() => showPhoto(file, file.name)),
);

/** The detectors for photos and the camera. They are loaded once; a failed load is tried again. */
interface Tools {
  /** Thorough mode, for photos. */
  readonly photos: FaceDetector;
  /** For the camera. */
  readonly video: FaceDetector;
}

let tools: Promise<Tools> | undefined;
let camera: Camera | undefined;
let frames = new FrameRate();
let changes: Promise<void> = Promise.resolve();

/** Changes what is on the stage. Changes run one after another, even if requested in quick succession. */
function change(to: () => Promise<void>): void {
  changes = changes.then(to).catch(fail);
}

async function loadTools(): Promise<Tools> {
  // Leaves one core to the camera and the drawing: threads of a kernel wait for one another, and must not wait for
  // those.
  const { threads } = await useWasm({ threads: Math.min(8, Math.max(1, navigator.hardwareConcurrency - 1)) });
  document.documentElement.dataset.threads = String(threads);
  const [photos, video] = await Promise.all([faceDetector(), cameraDetector(), recognise.load()]);
  answers.recognise.prepare(recognise.loaded!.classifier.classes);
  return { photos: measured(photos), video: measured(video) };
}

/** Detection times appear in a profiler as `detect`. */
function measured(detector: FaceDetector): FaceDetector {
  return {
    detect: (...args) => timed('detect', () => detector.detect(...args)),
    dispose: () => detector.dispose(),
  };
}

function ready(): Promise<Tools> {
  tools ??= loadTools().catch((error: Error) => {
    tools = undefined;
    throw error;
  });
  return tools;
}

/** Called when another classifier or another picture is in use: clears or replaces the previous answer. */
function refresh(): Promise<void> {
  if (!recognise.reader) answers.recognise.clear();
  return viewer.refresh().catch(fail);
}

async function onSight(
  { faces, live }: Sight,
  inspected: Inspected | undefined,
): Promise<CanvasImageSource | undefined> {
  const perSecond = live ? frames.tick(performance.now()) : undefined;
  if (perSecond !== undefined) rate.textContent = `${Math.round(perSecond)} frames/s`;
  const inTrain = tabs.isShown('train');
  const answer = inTrain ? answers.train : answers.recognise;
  if (inTrain && inspected) await train.record(inspected.crop, live);
  if (!inspected) speech.say('no face', live);
  if (!inspected?.reader) {
    answer.clear();
    return undefined;
  }
  const { face, crop, reader, picture } = inspected;
  answer.show(face, crop, { classifier: reader.name, picture });
  const which = faces.length > 1 ? `, one of ${countFaces(faces.length)}` : '';
  speech.say(`${face.expression} ${sureness(face)}`.trimEnd() + which, live);
  return !inTrain && recognise.explains ? explain(reader.classifier, crop) : undefined;
}

async function startCamera(): Promise<void> {
  status.textContent = 'Waiting for the camera…';
  const { video } = await ready();
  camera = await openCamera(() => change(() => clear('The camera was disconnected.')));
  album.open([]);
  frames = new FrameRate();
  rate.hidden = false;
  rate.textContent = '– frames/s';
  viewer.startVideo(camera.video, video);
  cameraButton.textContent = 'Stop camera';
  status.textContent = 'Camera on. Its pictures stay in this page.';
}

async function stopCamera(): Promise<void> {
  if (!camera) return;
  await viewer.stopVideo();
  camera.stop();
  camera = undefined;
  rate.hidden = true;
  cameraButton.textContent = 'Use camera';
}

/** Clears the stage and all answers. */
async function clear(said: string): Promise<void> {
  await stopCamera();
  train.stopRecording();
  viewer.clear();
  album.open([]);
  for (const answer of Object.values(answers)) answer.clear();
  speech.say('', false);
  status.textContent = said;
}

/** @param aside - A further sentence for the status line. */
async function showPhoto(source: File | HTMLCanvasElement, name: string, aside = ''): Promise<void> {
  status.textContent = `Opening ${name}…`;
  const read = await readPhoto(source, name);
  await stopCamera();
  for (const answer of Object.values(answers)) answer.clear();
  viewer.showPicture(read.picture);
  status.textContent = 'Looking for faces…';
  work.removeAttribute('value');
  work.hidden = false;
  try {
    const { photos } = await ready();
    const found = await findFaces(read, photos, (share) => {
      work.value = share;
    });
    await viewer.showPhoto(found);
    const { length } = found.faces;
    const advice = 'No face was found. Try a picture with larger faces, or faces turned to the camera.';
    const many = `${countFaces(length)} found. Choose one on the picture to see its answer.`;
    status.textContent = `${name}: ${length > 1 ? many : length === 1 ? '1 face found.' : advice} ${aside}`.trimEnd();
  } catch (error) {
    viewer.clear();
    throw error;
  } finally {
    work.hidden = true;
  }
}

async function take({ photos, classifiers, others }: GivenFiles): Promise<void> {
  if (classifiers.length > 0) {
    tabs.select('train');
    await ready();
    await train.load(classifiers[0]);
  }
  if (photos.length > 0) {
    album.open(photos);
    await showPhoto(photos[0], photos[0].name, leftOut(others));
  } else if (others.length > 0) {
    throw new Error(`${leftOut(others)} Choose a JPEG, PNG or WebP file.`);
  } else if (classifiers.length === 0) {
    throw new Error('There is no file in that. Save the picture first, then drop the file here.');
  }
}

function fail(error: Error): void {
  status.textContent = error.message;
}

cameraButton.addEventListener('click', () => change(() => (camera ? clear('Camera off.') : startCamera())));
byId('clear').addEventListener('click', () => change(() => clear('Ready.')));
const takeFiles = (files: GivenFiles): void => change(() => take(files));
onChosen(byId<HTMLButtonElement>('choose'), byId<HTMLInputElement>('photo'), takeFiles);
onChosen(byId<HTMLButtonElement>('open'), byId<HTMLInputElement>('exported'), takeFiles);
onDropped(byId('view'), takeFiles);
showSamples(byId('samples'), (sample) => change(() => showPhoto(sample.draw(), sample.name)));
showSnippet(byId('code'), byId<HTMLButtonElement>('copy'));
change(async () => {
  await ready();
  status.textContent = 'Ready.';
});
