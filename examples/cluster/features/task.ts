import { extractFeatures } from 'fer-backbones';
import { FerError, isPiped } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { readDataset } from '../inputs/datasetFile.js';
import { loadModel } from '../inputs/model.js';
import type { Task } from '../jobs/task.js';

/** Computes a part of the features as one chunk, in the format of `extractFeatures`. */
export const extractPart: Task = async ({ input, output }, { store, threads }) => {
  const { model, faces } = input as { readonly model: string; readonly faces: string };
  await useWasm({ threads });
  const classifier = await loadModel(store, model);
  if (!isPiped(classifier))
    throw new FerError('UNSUPPORTED', 'this classifier has no backbone: give another classifier.');
  const dataset = await readDataset(store, faces);
  await extractFeatures(classifier.backbone, [dataset], store.folder(output.folder), { chunkRows: dataset.n });
};
