/**
 * A training that kills itself in its nth write of a checkpoint, some turns of the event loop after that began. At its
 * end it prints a digest of the weights.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { FileStore } from 'fer-core';
import { diskStore } from 'fer-core/node';
import { useWasm } from 'fer-wasm';
import { resNet, sgd } from '../../../src/index.js';
import { patches } from '../../data.js';
import { smallBackbone } from '../../small.js';

await useWasm({ threads: 1 });
const [folder, killAt, turns, network] = process.argv.slice(2);
const disk = diskStore(folder);
let writes = 0;
const store: FileStore = {
  ...disk,
  async write(name, bytes) {
    const written = disk.write(name, bytes);
    if (++writes === Number(killAt)) {
      for (let turn = 0; turn < Number(turns); turn++) await setImmediate();
      process.kill(process.pid, 'SIGKILL');
    }
    await written;
  },
};
const graph = { width: 4, blocks: [1, 1], squeezeExcite: true, dropout: 0.3, size: 12 };
const backbone = network === 'graph' ? resNet(graph) : smallBackbone();
await backbone.fit(patches(60, 12), {
  ...{ epochs: 3, batchSize: 12, learningRate: 0.02, optimizer: sgd(), seed: 3 },
  checkpoints: { store, everySteps: 2 },
});
const hash = createHash('sha256');
for (const weight of backbone.model.getWeights()) hash.update(new Uint8Array(weight.dataSync().slice().buffer));
hash.update(new Uint8Array(backbone.layer!.weights.data.slice().buffer));
process.stdout.write(`digest ${hash.digest('hex')}\n`);
process.exit(0);
