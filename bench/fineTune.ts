/**
 * The cost of an epoch in each stage of fine-tuning VGG16 with cached outputs of the frozen layers, relative to a full
 * epoch.
 */
import { type TrainOptions, vgg16 } from 'fer-backbones';
import { syntheticFaces } from 'fer-data';
import { useWasm } from 'fer-wasm';

/** Number of faces in FER2013's training set. */
const FACES = 28_709;

export async function run(args: readonly string[]): Promise<void> {
  await useWasm();
  const backbone = await vgg16({ seed: 1 });
  const stages = [
    { name: 'stage 1: dense layers alone', until: 'flatten', n: 4096 },
    { name: 'stage 2: from block5_conv1 on', until: 'block5_conv1', n: 1024 },
    { name: 'all layers, nothing kept', until: undefined, n: 256 },
  ];
  const results: { name: string; secondsAnEpoch: number }[] = [];
  for (const { name, until, n } of stages) {
    if (until) backbone.freeze({ until });
    else backbone.unfreeze();
    const options: TrainOptions = { epochs: 3, batchSize: 64, learningRate: 1e-5, ...(until && { cacheFrozen: {} }) };
    const { history } = await backbone.fit(syntheticFaces({ n, seed: 1 }), options);
    const seconds = Math.min(...history.map((epoch) => epoch.seconds));
    results.push({ name, secondsAnEpoch: (seconds * FACES) / n });
  }
  const whole = results[2].secondsAnEpoch;
  for (const { name, secondsAnEpoch } of results) {
    const share = ((100 * secondsAnEpoch) / whole).toFixed(1);
    console.log(
      `${name.padEnd(32)} ${secondsAnEpoch.toFixed(1).padStart(7)} s per epoch of ${FACES} faces   ${share} %`,
    );
  }
  if (args.includes('--json')) console.log(JSON.stringify(results));
  process.exit(0);
}
