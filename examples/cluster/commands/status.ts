import { bar, clock, count } from '../../shared/format.js';
import { openQueue } from '../jobs/queue.js';
import { type JobStatus, readStatus } from '../jobs/status.js';
import type { OptionsOf } from '../options.js';
import { choosePlans } from './plans.js';
import { withSession } from './session.js';

/** Number of set-aside parts whose errors are printed. */
const SHOWN = 10;

/** `status` */
export function status(options: OptionsOf<'status'>): Promise<void> {
  return withSession(options, async ({ store, redis }) => {
    const queue = openQueue(redis, options.queue);
    try {
      for (const plan of await choosePlans(store, options.job)) {
        const found = await readStatus(queue, redis, store, plan);
        console.log(options.json ? JSON.stringify(plain(found)) : statusText(found));
      }
    } finally {
      await queue.close();
    }
  });
}

function plain({ plan, counts, items, setAside, rate, secondsLeft, workers }: JobStatus): object {
  const { id, kind, about } = plan;
  const errors = setAside.map(({ part, error, attempts }) => ({ part: part.name, error, attempts }));
  return { job: id, kind, about, parts: counts, items, rate, secondsLeft, workers, setAside: errors };
}

/** The status as text. */
export function statusText({ plan, counts, items, setAside, rate, secondsLeft, workers }: JobStatus): string {
  const { total, done, active, queued, waiting, lost } = counts;
  const noun = plan.kind === 'labels' ? 'picture' : 'face';
  const states = [
    `${active} at work`,
    `${queued} queued`,
    ...(waiting > 0 ? [`${waiting} waiting for others`] : []),
    ...(setAside.length > 0 ? [`${setAside.length} set aside`] : []),
    ...(lost > 0 ? [`${lost} not queued: enqueue the job again`] : []),
  ];
  const lines = [`Job ${plan.id}: ${plan.about}`, `  ${bar(done / total)}  ${done}/${count(total, 'part')}`];
  if (done < total) lines.push(`  ${states.join(', ')}; ${count(workers, 'worker')} connected`);
  if (done < total && rate) {
    const perSecond = plan.kind === 'experiment' ? '' : `, ${rate.itemsPerSecond.toFixed(0)} ${noun}s/s`;
    const left = secondsLeft === undefined ? '' : `, ${clock(secondsLeft)} left`;
    lines.push(`  ${(60 * rate.partsPerSecond).toFixed(1)} parts per minute${perSecond}${left}`);
  }
  if (plan.kind !== 'experiment') lines.push(`  ${items.done.toLocaleString('en-US')}/${count(items.total, noun)}`);
  for (const { part, error, attempts } of setAside.slice(0, SHOWN)) {
    lines.push(`  set aside after ${count(attempts, 'attempt')}: ${part.name}: ${error}`);
  }
  if (setAside.length > SHOWN) lines.push(`  and ${setAside.length - SHOWN} more: see --json`);
  return lines.join('\n');
}
