import { consoleProgress } from 'fer-core/node';
import { count } from '../../shared/format.js';
import { planExperiment } from '../experiment/plan.js';
import { planFeatures } from '../features/plan.js';
import { type Plan, writePlan } from '../jobs/plan.js';
import { enqueue, openQueue } from '../jobs/queue.js';
import { ownVersions, type Versions } from '../jobs/versions.js';
import { planLabels } from '../labels/plan.js';
import type { OptionsOf } from '../options.js';
import { checkClock } from '../redis/connect.js';
import type { Store } from '../stores/store.js';
import { withSession } from './session.js';

/** `enqueue experiment` */
export function enqueueExperiment(options: OptionsOf<'experiment'>): Promise<void> {
  const { backbone: backbones, head: heads, seeds, data, synthetic } = options;
  const onProgress = consoleProgress('Loading ');
  return put(options, (store, versions) =>
    planExperiment(store, { backbones, heads, seeds, data, synthetic, onProgress }, versions),
  );
}

/** `enqueue features` */
export function enqueueFeatures(options: OptionsOf<'features'>): Promise<void> {
  const { model, rows, data, synthetic } = options;
  const onProgress = consoleProgress('Loading ');
  return put(options, (store, versions) => planFeatures(store, { model, rows, data, synthetic, onProgress }, versions));
}

/** `enqueue labels` */
export function enqueueLabels(options: OptionsOf<'labels'>): Promise<void> {
  const { model, rows, pictures, whole } = options;
  const draw = consoleProgress('Listing ', { noun: 'picture' });
  return put(options, (store, versions) =>
    planLabels(
      store,
      {
        model,
        rows,
        pictures,
        reading: whole ? 'whole' : 'faces',
        onPicture: (done, total) => draw({ kind: 'transform', done, total }),
      },
      versions,
    ),
  );
}

type Options = OptionsOf<'experiment'> | OptionsOf<'features'> | OptionsOf<'labels'>;

/** Makes a plan, and queues its parts. */
function put(options: Options, make: (store: Store, versions: Versions) => Promise<Plan>): Promise<void> {
  return withSession(options, async ({ store, redis }) => {
    await checkClock(redis);
    const plan = await writePlan(store, await make(store, await ownVersions()));
    const queue = openQueue(redis, options.queue);
    const { attempts, retry } = options;
    const { done, added, waiting, setAside } = await enqueue(queue, store, plan, { attempts, retry });
    await queue.close();
    console.log(`Job ${plan.id}: ${plan.about}.`);
    console.log(
      `${count(plan.parts.length, 'part')}: ${done} already done, ${added} queued, ${waiting} waiting for others.`,
    );
    if (setAside > 0) console.log(`${setAside} were set aside before: see status for their errors, or give --retry.`);
  });
}
