import { stat } from 'node:fs/promises';
import { type Dataset, FerError, type Progress, selectRows } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { loadFer2013, loadImageFolder, streamFer2013 } from 'fer-data/node';

/** The source of a job's faces. */
export interface FaceSource {
  /** A csv like FER2013's, or a folder with one folder of pictures per class; without it, synthetic faces. */
  readonly data?: string;
  /** Number of synthetic faces. */
  readonly synthetic: number;
  readonly onProgress?: (event: Progress) => void;
}

/** Reads all faces in order, in batches of at most `rows`. No more than one batch of a csv is in memory. */
export async function* faceBatches({ data, synthetic, onProgress }: FaceSource, rows: number): AsyncGenerator<Dataset> {
  if (data === undefined) {
    for (let start = 0; start < synthetic; start += rows) {
      yield syntheticFaces({ n: Math.min(rows, synthetic - start), start, seed: 1 });
    }
  } else if ((await stat(data)).isDirectory()) {
    const splits = Object.values(await loadImageFolder(data, { onProgress })).filter(isDataset);
    for (const split of splits) {
      for (let start = 0; start < split.n; start += rows) {
        const n = Math.min(rows, split.n - start);
        yield selectRows(
          split,
          Uint32Array.from({ length: n }, (_, i) => start + i),
        );
      }
    }
  } else {
    yield* streamFer2013(data, { batchSize: rows, onProgress });
  }
}

/** Faces for training, for model selection, and for the final test. */
export interface FaceSplits {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test: Dataset;
}

/**
 * The splits of FER2013 or of a folder, or synthetic ones. With only one test split, there is none for model selection.
 */
export async function faceSplits({ data, synthetic, onProgress }: FaceSource): Promise<FaceSplits> {
  if (data === undefined) {
    const tested = Math.max(1, Math.round(synthetic / 4));
    const make = (n: number, name: string): Dataset => syntheticFaces({ n, seed: `1/${name}` });
    return { train: make(synthetic, 'train'), validation: make(tested, 'validation'), test: make(tested, 'test') };
  }
  const folder = (await stat(data)).isDirectory();
  const { train, publicTest, privateTest } = folder
    ? await loadImageFolder(data, { onProgress })
    : await loadFer2013(data, { onProgress });
  if (publicTest && privateTest) return { train, validation: publicTest, test: privateTest };
  const test = publicTest ?? privateTest;
  if (!test || train.n === 0) {
    throw new FerError('INVALID_DATA', 'an experiment needs faces to train on and a test split.', { file: data });
  }
  return { train, test };
}

function isDataset(value: unknown): value is Dataset {
  return typeof value === 'object' && value !== null && 'images' in value && (value as Dataset).n > 0;
}
