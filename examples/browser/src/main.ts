import { useWasm } from 'fer-wasm';
import { Bars } from './bars.js';
import { type Camera, openCamera } from './camera.js';
import { type Detector, loadDetector } from './detector.js';
import { FrameRate } from './frameRate.js';
import { onPhoto, readPhoto } from './photo.js';
import { RecogniseTab } from './recogniseTab.js';
import { Speech } from './speech.js';
import { Stage } from './stage.js';
import { makeTabs } from './tabs.js';
import { TrainTab } from './trainTab.js';
import { lookAt, type Sight, watch } from './watch.js';

function byId<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

const status = byId('status');
const rate = byId('rate');
const cameraButton = byId<HTMLButtonElement>('camera');
const photoButton = byId<HTMLButtonElement>('choose');
const stage = new Stage(byId('view'), byId<HTMLCanvasElement>('picture'));
const recognise = new RecogniseTab(
  {
    select: byId<HTMLSelectElement>('classifier'),
    explain: byId<HTMLInputElement>('explain'),
    about: byId('about'),
    bars: new Bars(byId('bars')),
    speech: new Speech(byId('spoken')),
  },
  lookAgain,
);
const train = new TrainTab(
  {
    list: byId('classes'),
    card: byId<HTMLTemplateElement>('class-card'),
    add: byId<HTMLButtonElement>('add'),
    fit: byId<HTMLButtonElement>('fit'),
    save: byId<HTMLButtonElement>('export'),
    status: byId('fitted'),
    bars: new Bars(byId('own-bars')),
  },
  () => recognise.classifier.backbone,
  lookAgain,
);
const isShown = makeTabs(document.querySelector<HTMLElement>('[role=tablist]')!, lookAgain);

/** The photo on the stage, or the running camera. */
let photo: Sight | undefined;
let running: { readonly camera: Camera; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
let frames = new FrameRate();

async function onSight(sight: Sight): Promise<void> {
  const heat = isShown('recognise') ? await recognise.see(sight) : void (await train.see(sight));
  stage.show(sight, heat);
  const perSecond = sight.live && sight.face ? frames.tick(performance.now()) : undefined;
  if (perSecond !== undefined) rate.textContent = `${Math.round(perSecond)} frames/s`;
}

/** Another tab or classifier is chosen: a camera's next frame shows it, a photo must be looked at again. */
function lookAgain(): void {
  if (photo) onSight(photo).catch(fail);
}

async function startCamera(detect: Detector): Promise<void> {
  status.textContent = 'Waiting for the camera…';
  const camera = await openCamera();
  photo = undefined;
  frames = new FrameRate();
  const stop = new AbortController();
  running = { camera, stop, ended: watch(camera.video, detect, onSight, stop.signal).catch(fail) };
  rate.hidden = false;
  rate.textContent = '– frames/s';
  cameraButton.textContent = 'Stop camera';
  status.textContent = 'Camera on. Pictures stay in this page.';
}

async function stopCamera(): Promise<void> {
  if (!running) return;
  const { camera, stop, ended } = running;
  running = undefined;
  stop.abort();
  await ended;
  camera.stop();
  stage.clear();
  rate.hidden = true;
  cameraButton.textContent = 'Use camera';
  status.textContent = 'Camera off.';
}

async function showPhoto(file: File, detect: Detector): Promise<void> {
  const picture = await readPhoto(file);
  await stopCamera();
  photo = await lookAt(picture, detect);
  status.textContent = photo.face ? file.name : `No face found in ${file.name}: choose one where it is larger.`;
  await onSight(photo);
}

function fail(error: Error): void {
  status.textContent = error.message;
}

async function start(): Promise<void> {
  // The camera and the drawing need a core too: kernels that wait for one another must not wait for those.
  const { threads } = await useWasm({ threads: Math.min(8, Math.max(1, navigator.hardwareConcurrency - 1)) });
  const [detect] = await Promise.all([loadDetector(), recognise.start(fail)]);
  // One change of the picture after another, however fast they are asked for.
  let changes = Promise.resolve();
  const change = (to: () => Promise<void>): void => {
    changes = changes.then(to).catch(fail);
  };
  cameraButton.addEventListener('click', () => change(() => (running ? stopCamera() : startCamera(detect))));
  const sources = { dropZone: byId('view'), button: photoButton, input: byId<HTMLInputElement>('photo') };
  onPhoto(sources, (file) => change(() => showPhoto(file, detect)));
  cameraButton.disabled = false;
  photoButton.disabled = false;
  status.textContent = `Ready, on ${threads === 1 ? 'one thread' : `${threads} threads`}.`;
}

start().catch(fail);
