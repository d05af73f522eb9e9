import { LayersBackbone } from 'fer-backbones';
import { useWasm } from 'fer-wasm';
import { NETWORKS, noise } from './wasm/networks.js';

const BATCH = 64;

/**
 * Trains ShallowCNN for a thousand steps of 64 images, and prints the resident set size after 50 steps, every 100
 * steps, and at the end.
 */
export async function run(): Promise<void> {
  await useWasm();
  const { build, channels } = NETWORKS.ShallowCNN;
  const backbone = new LayersBackbone('ShallowCNN', build(), { height: 48, width: 48, channels, values: 'scale' });
  const data = noise(BATCH * 50, channels);
  const resident: number[] = [];
  for (let steps = 50; steps <= 1000; steps += 50) {
    await backbone.fit(data, { epochs: 1, batchSize: BATCH, learningRate: 1e-6 });
    resident.push(process.memoryUsage.rss() / 1e6);
    if (steps === 50 || steps % 100 === 0) console.log(`${steps} steps: ${resident.at(-1)!.toFixed(0)} MB`);
  }
  console.log(`the end ÷ after 50 steps: ${(resident.at(-1)! / resident[0]).toFixed(3)}`);
}
