import { FerError, readManifest } from 'fer-core';
import { modelFolder } from '../../shared/modelFolder.js';
import { writeDataset } from '../inputs/datasetFile.js';
import { type FaceSource, faceBatches } from '../inputs/faces.js';
import { storeModel } from '../inputs/model.js';
import { FORMAT, type Part, type Plan, partKey } from '../jobs/plan.js';
import type { Versions } from '../jobs/versions.js';
import type { Store } from '../stores/store.js';

/** The job of an extraction. */
export interface FeaturesJob extends FaceSource {
  /** A shipped classifier, or the folder of a saved one. Its backbone computes the features. */
  readonly model: string;
  /** Faces per part. */
  readonly rows: number;
}

/** Splits faces into parts, puts them and the classifier into the store, and lists the parts. */
export async function planFeatures(store: Store, job: FeaturesJob, versions: Versions): Promise<Plan> {
  const { kind } = await readManifest(await modelFolder(job.model));
  if (kind !== 'pipe') {
    throw new FerError('UNSUPPORTED', `"${job.model}" is not a single backbone with a head: give another classifier.`);
  }
  const model = await storeModel(store, job.model);
  const parts: Part[] = [];
  let faces = 0;
  for await (const batch of faceBatches(job, job.rows)) {
    const input = { model, faces: await writeDataset(store, batch), rows: batch.n };
    const key = await partKey(versions, 'features', input);
    const output = { folder: `features/${key}`, name: FIRST_CHUNK };
    const name = `faces ${faces + 1} to ${faces + batch.n}`;
    // The same faces may occur twice, e.g. if a file was added twice. One part has the features of both.
    parts.push({ task: 'features', key, input, output, size: batch.n, name });
    faces += batch.n;
  }
  if (faces === 0) throw new FerError('INVALID_DATA', 'there are no faces: check --data.', { file: job.data ?? '' });
  const about = `features of ${faces.toLocaleString('en-US')} faces by ${job.model}`;
  return { format: FORMAT, kind: 'features', about, versions, spec: { model, faces }, parts };
}

/** The file that `extractFeatures` writes for the first rows of a store. The output of a part is one such file. */
const FIRST_CHUNK = 'features-0000000000.bin';
