import { FerError } from 'fer-core';
import { listPlans, readPlan, type StoredPlan } from '../jobs/plan.js';
import type { Store } from '../stores/store.js';

/** The job with this id, or all jobs of a store. Throws `NOT_FOUND` if there is none. */
export async function choosePlans(store: Store, id: string | undefined): Promise<StoredPlan[]> {
  if (id !== undefined) return [await readPlan(store, id)];
  const ids = await listPlans(store);
  if (ids.length === 0) {
    throw new FerError('NOT_FOUND', 'there are no jobs in this store: enqueue one, or check --store.', {
      file: store.location,
    });
  }
  return Promise.all(ids.map((each) => readPlan(store, each)));
}
