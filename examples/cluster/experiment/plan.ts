import { FerError, type JsonObject } from 'fer-core';
import { writeDataset } from '../inputs/datasetFile.js';
import { type FaceSource, faceSplits } from '../inputs/faces.js';
import { FORMAT, type Part, type Plan, partKey } from '../jobs/plan.js';
import type { Versions } from '../jobs/versions.js';
import type { Store } from '../stores/store.js';
import { backboneNames, backboneOf, type GridEntry, headNames, headOf, readEntry } from './grid.js';

/** A grid: every backbone × every seed × every head. */
export interface ExperimentJob extends FaceSource {
  /** `shallow-cnn:epochs=25` */
  readonly backbones: readonly string[];
  /** `l2svm:C=0.001` */
  readonly heads: readonly string[];
  readonly seeds: readonly number[];
}

/** The names of the files in the store with the faces of each split. */
export type SplitInputs = { readonly train: string; readonly validation?: string; readonly test: string };

/** Input of the part `train`: one backbone and seed. */
export interface TrainInput {
  readonly backbone: GridEntry;
  readonly seed: number;
  readonly data: SplitInputs;
}

/** Input of the part `cell`: a head on the features of a backbone and seed. */
export interface CellInput extends TrainInput {
  /** The key of the part `train`. */
  readonly features: string;
  readonly head: GridEntry;
}

/** The folder with the features of a backbone and seed, by the key of their part. */
export function featureFolder(key: string): string {
  return `experiment/${key}`;
}

/** Puts the faces into the store and lists the work: a part for each backbone and seed, and one for each cell. */
export async function planExperiment(store: Store, job: ExperimentJob, versions: Versions): Promise<Plan> {
  const backbones = entries(job.backbones, { names: backboneNames, options: ['epochs', 'learningRate'] });
  const heads = entries(job.heads, { names: headNames, options: ['C'] });
  if (new Set(job.seeds).size < job.seeds.length) throw new FerError('INVALID_ARGUMENT', 'a seed is given twice.');
  const { train, validation, test } = await faceSplits(job);
  const data: SplitInputs = {
    train: await writeDataset(store, train),
    ...(validation && { validation: await writeDataset(store, validation) }),
    test: await writeDataset(store, test),
  };
  const parts: Part[] = [];
  const cells: Part[] = [];
  for (const backbone of backbones) {
    for (const seed of job.seeds) {
      const input = { backbone, seed, data } satisfies TrainInput;
      const made = { backbone: backboneOf(backbone).options!, seed, data };
      const key = await partKey(versions, 'train', made);
      const name = `${backbone.name}, seed ${seed}`;
      const output = { folder: featureFolder(key), name: 'done.json' };
      const plain = input as unknown as JsonObject;
      parts.push({ task: 'train', key, input: plain, output, size: train.n, unlocks: true, name });
      for (const head of heads) {
        const own = { ...input, features: key, head } satisfies CellInput;
        const cellKey = await partKey(versions, 'cell', { ...made, head: headOf(head).options! });
        cells.push({
          task: 'cell',
          key: cellKey,
          input: own as unknown as JsonObject,
          output: { folder: 'cells', name: `${cellKey}.json` },
          size: train.n,
          after: key,
          name: `${name}, ${head.name}`,
        });
      }
    }
  }
  const about =
    `${backbones.length} × ${job.seeds.length} × ${heads.length} cells (backbones × seeds × heads) ` +
    `on ${train.n.toLocaleString('en-US')} faces`;
  const spec = { faces: train.n, hasValidation: validation !== undefined };
  return { format: FORMAT, kind: 'experiment', about, versions, spec, parts: [...parts, ...cells] };
}

function entries(texts: readonly string[], known: Parameters<typeof readEntry>[1]): GridEntry[] {
  const read = texts.map((text) => readEntry(text, known));
  const twice = read.find(({ name }, i) => read.findIndex((other) => other.name === name) < i);
  if (twice) throw new FerError('INVALID_ARGUMENT', `"${twice.name}" is given twice: give it once.`);
  return read;
}
