/** A worker in its own process, to be killed: `workerProcess.ts URL QUEUE STORE TASKS LOCK_SECONDS VERSIONS` */
import { startWorker } from '../../cluster/jobs/worker.js';
import { connectRedis } from '../../cluster/redis/connect.js';

const [url, queue, store, tasks, lockSeconds, versions] = process.argv.slice(2);
const worker = await startWorker({
  redis: await connectRedis(url),
  queue,
  store,
  tasks,
  slots: 1,
  lockSeconds: Number(lockSeconds),
  versions: JSON.parse(versions),
});
await worker.ended;
