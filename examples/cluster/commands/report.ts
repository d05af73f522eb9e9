import { resolve } from 'node:path';
import { FerError } from 'fer-core';
import { writeFileAtomic } from 'fer-core/node';
import { count } from '../../shared/format.js';
import { experimentTable, readCells } from '../experiment/report.js';
import { findDone, type StoredPlan } from '../jobs/plan.js';
import { labelsCsv } from '../labels/report.js';
import type { OptionsOf } from '../options.js';
import { absoluteLocation, openStore } from '../stores/openStore.js';
import type { Store } from '../stores/store.js';
import { choosePlans } from './plans.js';

/** `report`: needs only the store. */
export async function report(options: OptionsOf<'report'>): Promise<void> {
  const store = await openStore(absoluteLocation(options.store));
  const plans = await choosePlans(store, options.job);
  if (options.out !== undefined && plans.length > 1) {
    throw new FerError('INVALID_ARGUMENT', `${plans.length} jobs are in this store: with --out, choose one by --job.`);
  }
  for (const plan of plans) {
    const done = await findDone(store, plan.parts);
    const missing = plan.parts.filter(({ key }) => !done.has(key)).length;
    console.log(`Job ${plan.id}: ${plan.about}.`);
    if (missing > 0 && !options.partial) {
      console.log(`${missing} of ${count(plan.parts.length, 'part')} are missing: see status, or give --partial.\n`);
      process.exitCode = 1;
      continue;
    }
    if (missing > 0) console.log(`Without ${missing} of ${count(plan.parts.length, 'part')}.`);
    await REPORTS[plan.kind](store, plan, done, options.out);
    console.log();
  }
}

type Report = (store: Store, plan: StoredPlan, done: ReadonlySet<string>, out: string | undefined) => Promise<void>;

const REPORTS: Readonly<Record<StoredPlan['kind'], Report>> = {
  async experiment(store, plan, done, out = `cells-${plan.id}.json`) {
    const cells = await readCells(store, plan, done);
    console.log(experimentTable(cells));
    await writeFileAtomic(out, `${JSON.stringify(cells)}\n`);
    console.log(`Cells: ${resolve(out)}`);
  },
  async labels(store, plan, done, out = `labels-${plan.id}.csv`) {
    const pieces: Uint8Array[] = [];
    for await (const piece of labelsCsv(store, plan, done)) pieces.push(piece);
    await writeFileAtomic(out, pieces);
    console.log(`Labels: ${resolve(out)}`);
  },
  async features(store, plan) {
    console.log(
      `Features: ${store.location}/features, in ${count(plan.parts.length, 'chunk')}. ` +
        'readJobFeatures(store, plan) of examples/cluster/features/read.ts reads them one after another.',
    );
  },
};
