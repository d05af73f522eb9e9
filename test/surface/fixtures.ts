import {
  type Dataset,
  type FeatureExtractor,
  type FeatureMatrix,
  type Folder,
  type Images,
  type Labels,
  type Loaders,
  memoryFolder,
  type PartLoader,
  type PipedClassifier,
  pipe,
  saveClassifier,
} from 'fer-core';
import { linearL2SVM, linearL2SVMLoader } from 'fer-heads';

/** Rows of every fixture, and how many pixels or features they have. */
const ROWS = 24;
const COLUMNS = 4;

/** 24 rows of three classes, apart in their first three features. */
export function labels(): Labels {
  return { labels: Uint8Array.from({ length: ROWS }, (_, i) => i % 3), classes: ['a', 'b', 'c'] };
}

/** 24 × 4 features, as the labels need. */
export function features(): FeatureMatrix {
  const data = Float32Array.from({ length: ROWS * COLUMNS }, (_, at) => {
    const [row, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
    return (row % 3 === column ? 2 : 0) + Math.sin(7 * at);
  });
  return { data, rows: ROWS, columns: COLUMNS };
}

/** 24 grey images of 2×2 pixels with labels. */
export function dataset(): Dataset {
  const images = Uint8Array.from(features().data, (value) => 100 + 40 * value);
  return { images, n: ROWS, height: 2, width: 2, channels: 1, ...labels() };
}

/** A backbone whose features are the pixels. */
export function pixelBackbone(): FeatureExtractor<Images> {
  return {
    outputSize: COLUMNS,
    async transform(x) {
      return { data: Float32Array.from(x.images, (pixel) => pixel / 255), rows: x.n, columns: COLUMNS };
    },
    serialize: async () => ({ kind: 'pixels', config: {}, files: new Map() }),
    dispose() {},
  };
}

const pixelLoader: PartLoader<FeatureExtractor<Images>> = { kind: 'pixels', load: async () => pixelBackbone() };

/** What reads {@link fittedPipe} back. */
export function loaders(): Loaders {
  return { backbones: [pixelLoader], heads: [linearL2SVMLoader] };
}

/** The backbone of pixels with an SVM, fitted. */
export async function fittedPipe(): Promise<PipedClassifier> {
  const classifier = pipe(pixelBackbone(), linearL2SVM());
  await classifier.fit(dataset());
  return classifier;
}

/** A folder with {@link fittedPipe}. */
export async function pipedFolder(): Promise<Folder> {
  const folder = memoryFolder();
  await saveClassifier(await fittedPipe(), folder);
  return folder;
}
