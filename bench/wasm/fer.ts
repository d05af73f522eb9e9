/** Our contestant. First argument: number of threads. */
import { LayersBackbone } from 'fer-backbones';
import { useWasm } from 'fer-wasm';
import { answer } from '../contestant.js';
import { prepareKernel } from './kernels.js';
import { NETWORKS, noise } from './networks.js';
import { prepareLayers } from './plainLayers.js';

await useWasm({ threads: Number(process.argv[2]) });

await answer(async ({ what, network, batch, kernel }) => {
  if (kernel) return prepareKernel(kernel);
  if (what === 'layers') return prepareLayers(network, batch);
  const { build, channels } = NETWORKS[network];
  const backbone = new LayersBackbone(network, build(), { height: 48, width: 48, channels, values: 'scale' });
  const steps = 4;
  const data = noise(batch * steps, channels);
  const inference = noise(batch, channels);
  return {
    async once() {
      if (what === 'train') await backbone.fit(data, { epochs: 1, batchSize: batch, learningRate: 1e-6 });
      else await backbone.transform(inference);
      return what === 'train' ? data.n : batch;
    },
    dispose: () => backbone.dispose(),
  };
});
