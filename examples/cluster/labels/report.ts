import type { StoredPlan } from '../jobs/plan.js';
import type { Store } from '../stores/store.js';

/** The csv of a labelling job in pieces, with one header: the parts that are done, in the order of the pictures. */
export async function* labelsCsv(
  store: Store,
  { parts }: StoredPlan,
  done: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for (const { key, output } of parts) {
    if (!done.has(key)) continue;
    const bytes = await store.folder(output.folder).read(output.name);
    yield first ? bytes : bytes.subarray(bytes.indexOf(0x0a) + 1);
    first = false;
  }
}
