/** Longest side of a photo on the stage, in pixels: as much as the detector makes use of. */
const LONGEST = 1280;

/** Where photos come from. */
export interface PhotoSources {
  /** Takes what is dropped. */
  readonly dropZone: HTMLElement;
  /** Opens the file dialog. */
  readonly button: HTMLButtonElement;
  readonly input: HTMLInputElement;
}

/** Calls back with each image file that is dropped, chosen or pasted. */
export function onPhoto({ dropZone, button, input }: PhotoSources, take: (file: File) => void): void {
  const takeFirst = (files?: FileList | null): void => {
    if (files?.length) take(files[0]);
  };
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    takeFirst(input.files);
    input.value = '';
  });
  addEventListener('paste', ({ clipboardData }) => takeFirst(clipboardData?.files));
  // Beside the drop zone a dropped photo would replace the page.
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => event.preventDefault());
  const mark = (event: DragEvent): void => void dropZone.toggleAttribute('data-over', event.type === 'dragover');
  for (const type of ['dragover', 'dragleave', 'drop'] as const) dropZone.addEventListener(type, mark);
  dropZone.addEventListener('drop', ({ dataTransfer }) => takeFirst(dataTransfer?.files));
}

/**
 * A photo, upright, shrunk where it is large.
 *
 * @throws Error whose message says what to do.
 */
export async function readPhoto(file: File): Promise<HTMLCanvasElement> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (cause) {
    throw new Error(`${file.name} is no picture that this browser reads: choose a JPEG or PNG.`, { cause });
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}
