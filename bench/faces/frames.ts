/** How many frames per second are processed: one face in 640×480, in Node. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type DetectorMode, expressionTracker, faceDetector, readExpressions } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { loadPretrained } from 'fer-models';
import sharp from 'sharp';
import { findPackage } from '../accuracy/findPackage.js';
import { spread } from './framing.js';

/** Number of warm-up calls, and the measured seconds. */
const [WARM_UP, SECONDS] = [40, 2.5];

/** A face from tracking's photograph, enlarged to half of the frame's width, as in front of a laptop. */
export async function frame(): Promise<Buffer> {
  return sharp(join(findPackage('tracking')!, 'examples/assets/faces.jpg'))
    .extract({ left: 410, top: 10, width: 190, height: 142 })
    .resize(640, 480)
    .png()
    .toBuffer();
}

/**
 * Prints the milliseconds per frame by classifier, with detection in every frame and with tracking, and those of the
 * peer. Processor time of all threads is also reliable while other programs run, with one thread, which never waits.
 */
export async function frames(mode: DetectorMode, peer?: string): Promise<void> {
  const bytes = await frame();
  const photo = await loadPhoto(bytes);
  const detector = await faceDetector({ mode });
  for (const name of ['compact-vgg/softmax', 'tiny-vgg/softmax'] as const) {
    const classifier = await loadPretrained(name);
    await time(`${mode}, ${name}, found and read`, () => readExpressions(photo, { detector, classifier }));
    const tracker = expressionTracker({ detector, classifier });
    await time(`${mode}, ${name}, tracked`, () => tracker.update(photo));
    classifier.dispose();
  }
  await time(`${mode}, found only`, () => detector.detect(photo));
  detector.dispose();
  if (!peer) return;
  const file = join(tmpdir(), 'fer-bench-frame.json');
  await writeFile(file, JSON.stringify({ width: 640, height: 480, pixels: [...photo.pixels] }));
  const script = fileURLToPath(new URL('./faceApiFrames.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)('node', [script, peer, file, String(SECONDS)]);
  process.stdout.write(stdout);
}

async function time(name: string, work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) await work();
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const end = performance.now() + 1000 * SECONDS; performance.now() < end; ) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const { low, median, high } = spread(times);
  const mean = times.reduce((a, b) => a + b) / times.length;
  const busy = (user + system) / 1000 / times.length;
  console.log(
    `${name}: ${median.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)}), ${(1000 / mean).toFixed(1)} frames/s, ` +
      `${busy.toFixed(1)} ms of processor time`,
  );
}
