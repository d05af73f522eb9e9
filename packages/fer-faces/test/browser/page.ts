import { memory } from '@tensorflow/tfjs-core';
import { browserPhoto, cropFaces, faceDetector, type Photo } from 'fer-faces';
import { useWasm } from 'fer-wasm';

/** What the page finds in a photo, and what it makes of each kind of source. */
async function run(): Promise<unknown> {
  await useWasm();
  const blob = await (await fetch('/faces.png')).blob();
  const photo = await browserPhoto(blob);
  const detector = await faceDetector();
  const before = memory().numTensors;
  const faces = await detector.detect(photo);
  const inPixel = (await detector.detect(await browserPhoto('/pixel.png'))).length;
  const tensors = memory().numTensors - before;
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  const image = new Image();
  image.src = '/faces.png';
  await image.decode();
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const sources = ['/faces.png', new URL('/faces.png', location.href), bitmap, canvas, image, frame];
  const same = await Promise.all(
    [...sources, context.getImageData(0, 0, bitmap.width, bitmap.height)].map(async (source) =>
      equal(await browserPhoto(source), photo),
    ),
  );
  frame.close();
  const small = await browserPhoto(blob, { maxSide: 300 });
  const turned = await browserPhoto('/turned.jpg');
  const codes: string[] = [];
  const notes = new File(['notes'], 'notes.jpg', { type: 'image/jpeg' });
  for (const bad of ['/none.png', notes, document.createElement('video')]) {
    await browserPhoto(bad).catch((error) => codes.push(error.code));
  }
  await browserPhoto(blob, { maxSide: 0 }).catch((error) => codes.push(error.code));
  // The first is a valid file, whose pixels would take 1.6 GB; the others declare a size that they don't have.
  const tooLarge: string[] = [];
  const huge = await (await fetch('/huge.png')).blob();
  for (const bad of ['/huge.png', huge, new File([huge], 'huge.png'), '/declared.png', '/huge.jpg']) {
    await browserPhoto(bad).catch((error) => tooLarge.push(`${error.code} ${error.message}`));
  }
  return {
    faces,
    crops: Array.from(cropFaces(photo, faces).images),
    inPixel,
    tensors,
    same,
    sizes: [small, turned].map(({ width, height }) => [width, height]),
    codes,
    tooLarge,
  };
}

function equal(a: Photo, b: Photo): boolean {
  return a.width === b.width && a.height === b.height && a.pixels.every((value, i) => value === b.pixels[i]);
}

run()
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
