/**
 * Fits calibrated probabilities for shallow-cnn/l2svm on PublicTest. Its predictions don't change.
 *
 *   npx tsx packages/fer-models/training/calibrateShallow.ts fer2013.csv.gz OUT
 */
import { join } from 'node:path';
import { backbones } from 'fer-backbones';
import { isPiped, type JsonObject, loadClassifier, pipe, readManifest, saveClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { loadFer2013 } from 'fer-data/node';
import { calibrate, heads } from 'fer-heads';
import { pretrainedFolder } from 'fer-models';
import { useWasm } from 'fer-wasm';

const [csv, out] = process.argv.slice(2);
await useWasm({ threads: 1 });
const { publicTest } = await loadFer2013(csv);
for (const name of ['shallow-cnn/l2svm', 'shallow-cnn/softmax'] as const) {
  const folder = await pretrainedFolder(name);
  const { provenance } = await readManifest(folder);
  const classifier = await loadClassifier(folder, { backbones, heads });
  if (!isPiped(classifier)) throw new Error(`${name} is no network with a head.`);
  let { head } = classifier;
  if (!head.predictProba) {
    const calibrated = await calibrate(head, await classifier.backbone.transform(publicTest!), publicTest!);
    const { expectedCalibrationError } = calibrated;
    (provenance.metrics as { publicTest: JsonObject }).publicTest.calibration = expectedCalibrationError ?? null;
    head = calibrated;
  }
  await saveClassifier(
    pipe(classifier.backbone, head),
    diskFolder(join(out, 'shallow-cnn', 'classifiers', name.split('/')[1])),
    provenance,
  );
}
process.exit(0);
