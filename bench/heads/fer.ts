/**
 * Our heads, in their own process. Arguments: features, labels, columns, then a task as JSON. Prints one line of JSON.
 */
import { linearL2SVM, selectC, softmax } from 'fer-heads';
import { readFeatures } from './features.js';
import type { HeadTask } from './suite.js';

const [xFile, yFile, columns, json] = process.argv.slice(2);
const task = JSON.parse(json) as HeadTask;
const { x, y } = readFeatures({ x: xFile, y: yFile, columns: Number(columns) });
const before = process.memoryUsage().rss;
const cpu = process.cpuUsage();
const head = task.kind === 'softmax' ? softmax : linearL2SVM;
const result = await (async () => {
  if (task.kind !== 'select') return head({ C: task.C }).fit(x, y);
  const tenth = { data: x.data.subarray(0, Math.floor(x.rows / 10) * x.columns), columns: x.columns };
  const rows = tenth.data.length / x.columns;
  const validation = { x: { ...tenth, rows }, y: { ...y, labels: y.labels.subarray(0, rows) } };
  const { passes, seconds } = await selectC((C) => linearL2SVM({ C }), x, y, { grid: task.grid, validation });
  return { passes, seconds, objectives: [] };
})();
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    ...{ seconds: result.seconds, cpuSeconds: (user + system) / 1e6, passes: result.passes },
    objectives: result.objectives,
    memory: process.resourceUsage().maxRSS * 1024 - before,
    features: x.data.byteLength,
  }),
);
