import { type FeatureChunk, readFeatures } from 'fer-backbones';
import { FerError } from 'fer-core';
import type { StoredPlan } from '../jobs/plan.js';
import type { Store } from '../stores/store.js';

/**
 * Reads the features of a job, one part after another. The linear heads can be fitted on them.
 *
 * @throws FerError `CORRUPT` if a part is damaged, `NOT_FOUND` if it is not done.
 *
 * @example
 * ```ts no-run
 * const plan = await readPlan(store, '3f0c');
 * await softmax().fitChunks(() => readJobFeatures(store, plan));
 * ```
 */
export async function* readJobFeatures(store: Store, { parts }: StoredPlan): AsyncGenerator<FeatureChunk> {
  let next = 0;
  for (const { output, name } of parts) {
    let rows = 0;
    for await (const { first, features, labels } of readFeatures(store.folder(output.folder))) {
      yield { first: next + first, features, labels };
      rows += features.rows;
    }
    if (rows === 0) {
      throw new FerError('NOT_FOUND', `${name} are not done: see the status of the job.`, { file: store.location });
    }
    next += rows;
  }
}
