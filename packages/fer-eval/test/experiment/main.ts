/** An experiment in a process of its own, to be killed: says on each line what it does. `main.ts FOLDER [threads]` */
import { writeSync } from 'node:fs';
import { type ExperimentOptions, runExperiment } from 'fer-eval/node';
import { backbone, data } from './fixture.js';
import { heads } from './heads.js';

const [folder, threads] = process.argv.slice(2);
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
const options = {
  backbones: (threads ? ['x'] : ['x', 'y']).map((name) => backbone(name, (made, seed) => say({ made, seed }))),
  heads,
  seeds: threads ? [1] : [1, 2, 3],
  data,
  folder,
  workers: threads ? { module: new URL('./worker.mjs', import.meta.url), threads: Number(threads) } : undefined,
  onCell: (cell, from) => say({ cell: cell.key, from }),
  onProgress: say,
} satisfies ExperimentOptions;
const { cells, computed } = await runExperiment(options);
if (threads) {
  const stranger = { ...heads[0], name: 'stranger' }; // one that the module does not serve
  await runExperiment({ ...options, heads: [stranger] }).catch(({ code }) => say({ stranger: code }));
  const changed = { ...heads[0], options: { power: 3 } }; // the module serves it with another power
  await runExperiment({ ...options, heads: [changed] }).catch(({ code }) => say({ changed: code }));
}
say({ computed, cells });
