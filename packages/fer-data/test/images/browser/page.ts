import { browserImages } from 'fer-data';

/** What the page has of each image, by how it was given. */
async function run(): Promise<unknown> {
  const names = ['grey.png', 'colour.png', 'large.png', 'turned.jpg'];
  const bytes = (images: { images: Uint8Array }) => Array.from(images.images);
  const blobs = await Promise.all(names.map(async (name) => (await fetch(`/${name}`)).blob()));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [48, 48];
  const context = canvas.getContext('2d')!;
  context.drawImage(await createImageBitmap(blobs[1]), 0, 0);
  const codes: string[] = [];
  for (const bad of ['/none.png', new File(['<html>'], 'bad.jpg')]) {
    await browserImages([bad]).catch((error) => codes.push(`${error.code} ${error.place.file}`));
  }
  return {
    blobs: bytes(await browserImages(blobs)),
    urls: bytes(await browserImages(names.map((name) => new URL(`/${name}`, location.href)))),
    rgb: bytes(await browserImages([new File([blobs[1]], 'a.png')], { channels: 3 })),
    canvas: bytes(await browserImages([canvas])),
    imageData: bytes(await browserImages([context.getImageData(0, 0, 48, 48)])),
    codes,
  };
}

run()
  .catch((error) => ({ error: String(error) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
