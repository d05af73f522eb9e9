import { hostname } from 'node:os';
import { count } from '../../shared/format.js';
import { startWorker, type WorkEvent } from '../jobs/worker.js';
import type { OptionsOf } from '../options.js';
import { withSession } from './session.js';

/** `work` */
export function work(options: OptionsOf<'work'>): Promise<void> {
  const { queue, concurrency, threads, grace, lock } = options;
  return withSession(options, async ({ location, redis }) => {
    const worker = await startWorker({
      redis,
      queue,
      store: location,
      slots: concurrency,
      threads,
      lockSeconds: lock,
      graceSeconds: grace,
      untilEmpty: options['until-empty'],
      onEvent: (event) => {
        const line = describe(event);
        if (line) console.log(line);
      },
    });
    const stop = (): void => {
      console.log(`Stopping: the running parts have ${grace} s to finish.`);
      void worker.stop();
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
    console.log(`${hostname()} works on ${count(concurrency, 'part')} at a time.`);
    await worker.ended;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, stop);
    console.log('Stopped.');
  });
}

function describe(event: WorkEvent): string | undefined {
  switch (event.kind) {
    case 'started':
      return undefined;
    case 'reused':
      return `${event.part.name}: done before`;
    case 'handedBack':
      return `${event.part.name}: handed back`;
    case 'done':
      return `${event.part.name}: done in ${event.seconds.toFixed(1)} s`;
    case 'failed':
      return `${event.part.name}: ${event.error.message} (attempt ${event.attempts}, ${event.last ? 'set aside' : 'to be tried again'})`;
    case 'error':
      return `Redis: ${event.error.message}`;
  }
}
