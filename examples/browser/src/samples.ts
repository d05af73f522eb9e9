import { syntheticFaces } from 'fer-data';

/** A face from the series that fer-data draws, and its colours in shadow and in light. */
interface DrawnFace {
  readonly number: number;
  readonly dark: readonly [number, number, number];
  readonly light: readonly [number, number, number];
}

/** A picture to try the page with. */
export interface Sample {
  readonly name: string;
  draw(): HTMLCanvasElement;
}

const SEED = 3;

/** Side of a drawn face, and distance between two faces, in pixels. */
const [SIZE, GAP] = [320, 12];

const WARM = { dark: [46, 24, 20], light: [255, 236, 214] } as const;
const COOL = { dark: [18, 26, 48], light: [226, 238, 255] } as const;
const TEAL = { dark: [18, 30, 34], light: [226, 240, 240] } as const;
const ROSE = { dark: [44, 18, 38], light: [255, 228, 238] } as const;

const HAPPY: DrawnFace = { number: 18, ...WARM };
const SURPRISED: DrawnFace = { number: 7, ...COOL };
const SAD: DrawnFace = { number: 26, ...TEAL };
const NEUTRAL: DrawnFace = { number: 15, ...ROSE };

/** Drawn faces, single and together, as in a video call. */
export const samples: readonly Sample[] = [
  { name: 'A smile', draw: () => drawTogether([HAPPY], 1) },
  { name: 'A surprise', draw: () => drawTogether([SURPRISED], 1) },
  { name: 'A long face', draw: () => drawTogether([SAD], 1) },
  {
    name: 'A video call of six',
    draw: () => drawTogether([HAPPY, NEUTRAL, SURPRISED, { number: 12, ...TEAL }, SAD, { number: 3, ...ROSE }], 3),
  },
];

/** Draws faces in rows of a given length. */
function drawTogether(faces: readonly DrawnFace[], columns: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = columns * (SIZE + GAP) - GAP;
  canvas.height = Math.ceil(faces.length / columns) * (SIZE + GAP) - GAP;
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#1b1d22';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [i, face] of faces.entries()) {
    context.putImageData(drawFace(face), (i % columns) * (SIZE + GAP), Math.floor(i / columns) * (SIZE + GAP));
  }
  return canvas;
}

function drawFace({ number, dark, light }: DrawnFace): ImageData {
  const { images } = syntheticFaces({ n: 1, start: number, seed: SEED, size: SIZE, variation: 0 });
  const image = new ImageData(SIZE, SIZE);
  for (const [i, grey] of images.entries()) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = dark[c] + ((light[c] - dark[c]) * grey) / 255;
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** Fills a list with one button per sample. */
export function showSamples(list: HTMLElement, take: (sample: Sample) => void): void {
  for (const sample of samples) {
    const button = document.createElement('button');
    button.type = 'button';
    button.ariaLabel = `Try: ${sample.name}`;
    button.title = sample.name;
    button.append(sample.draw());
    button.addEventListener('click', () => take(sample));
    const item = document.createElement('li');
    item.append(button);
    list.append(item);
  }
}
