import { extractFeatures, loadFeatures } from 'fer-backbones';
import { type FeatureMatrix, memoryStore } from 'fer-core';
import { measureHead } from 'fer-eval/node';
import { useWasm } from 'fer-wasm';
import { readDataset } from '../inputs/datasetFile.js';
import type { FaceSplits } from '../inputs/faces.js';
import type { Task } from '../jobs/task.js';
import { type Store, writeJson } from '../stores/store.js';
import { backboneOf, headOf } from './grid.js';
import { type CellInput, featureFolder, type SplitInputs, type TrainInput } from './plan.js';

/** Trains a backbone, and writes its features of every split to the store. */
export const trainBackbone: Task = async ({ key, input, output }, { store, threads }) => {
  const { backbone: entry, seed, data } = input as unknown as TrainInput;
  await useWasm({ threads });
  const splits = await readSplits(store, data);
  const { train, validation } = splits;
  const backbone = await backboneOf(entry).make({ seed, train, validation, onProgress: () => undefined });
  try {
    for (const [split, dataset] of Object.entries(splits)) {
      // Extracted in memory, so that files of a killed worker are replaced instead of continued.
      const made = memoryStore();
      await extractFeatures(backbone, [dataset], made, { chunkRows: dataset.n });
      const target = store.folder(`${featureFolder(key)}/${split}`);
      for (const name of await made.list()) await target.write(name, await made.read(name));
    }
  } finally {
    backbone.dispose();
  }
  await writeJson(store.folder(output.folder), output.name, { backbone: entry.name, seed });
};

/** Computes a cell as `runExperiment` does: fits a head on a backbone's features, and evaluates it. */
export const measureCell: Task = async ({ key, input, output }, { store }) => {
  const { backbone, head, seed, data, features: from } = input as unknown as CellInput;
  const splits = await readSplits(store, data);
  const features: Record<string, FeatureMatrix> = {};
  for (const split of Object.keys(splits)) {
    features[split] = (await loadFeatures(store.folder(`${featureFolder(from)}/${split}`))).features;
  }
  const { train, validation, test } = features;
  const { fit, evaluations, predicted } = await measureHead(headOf(head), {
    seed,
    features: { train, validation, test },
    data: splits,
  });
  // Without times, so that the same cell gives the same file.
  const { iterations, converged, objective } = fit;
  await writeJson(store.folder(output.folder), output.name, {
    key,
    backbone: backbone.name,
    head: head.name,
    seed,
    fit: { iterations, converged, objective },
    evaluations,
    predicted,
  });
};

/** The splits that this thread read last; all cells of an experiment need the same ones. */
let last: { readonly names: string; readonly splits: Promise<FaceSplits> } | undefined;

async function readSplits(store: Store, inputs: SplitInputs): Promise<FaceSplits> {
  const names = JSON.stringify(inputs);
  if (last?.names !== names) last = { names, splits: readAll(store, inputs) };
  try {
    return await last.splits;
  } catch (error) {
    last = undefined;
    throw error;
  }
}

async function readAll(store: Store, { train, validation, test }: SplitInputs): Promise<FaceSplits> {
  const [trained, tested] = [await readDataset(store, train), await readDataset(store, test)];
  if (validation === undefined) return { train: trained, test: tested };
  return { train: trained, validation: await readDataset(store, validation), test: tested };
}
