/**
 * Converts the networks that train.py wrote to saved classifiers: fits the linear L2-SVM, calibrates, and evaluates.
 *
 *   npx tsx packages/fer-models/training/import.ts NETWORKS fer2013.csv.gz OUT
 */
import { join } from 'node:path';
import {
  argmaxRows,
  type Classifier,
  type Dataset,
  datasetDigest,
  type FeatureMatrix,
  type Head,
  type Images,
  type JsonObject,
  type Labels,
  type LinearLayer,
  pipe,
  saveClassifier,
  selectFeatures,
  selectLabels,
  stratifiedRows,
} from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { loadFer2013 } from 'fer-data/node';
import { evaluate } from 'fer-eval';
import { calibrate, ensemble, linearL2SVM, softmaxFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { NETWORKS } from './networks.js';
import { readNetwork } from './readNetwork.js';
import { scaleLayer } from './scaleLayer.js';

const [networks, csv, out] = process.argv.slice(2);

const ACCELERATORS = { 1: 'NVIDIA H100', 2: 'NVIDIA H100 and H200' };

await useWasm();
const { train, publicTest } = await loadFer2013(csv);
const test = publicTest!;
const folds = stratifiedRows(test, 5, 'calibration');
const provenance = { dataDigest: await datasetDigest(train) };
const members: Classifier<Images>[] = [];
const memberProbabilities: FeatureMatrix[] = [];

for (const { name, file, seed, rounds, options, C } of NETWORKS) {
  const { backbone: network, layer } = readNetwork(join(networks, file), options, train.classes);
  const backbone = network.withViews('flip');
  const notes = {
    command: `python packages/fer-models/training/train.py fer2013.csv.gz NETWORKS; npx tsx packages/fer-models/training/import.ts NETWORKS fer2013.csv.gz OUT`,
    machine: { cores: 16, accelerator: ACCELERATORS[rounds], torch: '2.11' },
    network: file,
    trained: `distilled with PyTorch, in ${rounds === 1 ? 'one round' : 'two rounds'}, from larger networks that were trained on the same rows`,
  };
  const uncalibrated = softmaxFromLayer(layer);
  const single = await backbone.withViews('single').transform(test);
  const float32 = {
    single: (await measure(uncalibrated, single, test)).accuracy,
    flip: (await measure(uncalibrated, await backbone.transform(test), test)).accuracy,
  };
  backbone.roundToHalf();
  const features = await backbone.transform(test);
  const asTrained = await measure(uncalibrated, features, test);
  const calibrated = softmaxFromLayer(await scaled(layer, features, test));
  const crossFitted = await crossFit(features, (fitting, labels) =>
    scaled(layer, fitting, labels).then(softmaxFromLayer),
  );
  const save = (head: string, what: Head, metrics: JsonObject) =>
    saveClassifier(pipe(backbone, what), diskFolder(join(out, name, 'classifiers', head)), {
      ...provenance,
      seed,
      options: { network: file, views: 'flip', ...(head === 'l2svm' && { C }) },
      metrics,
      notes,
    });
  const metrics = { ...(await publicMetrics(calibrated, features, crossFitted)), asTrained, float32 };
  await save('softmax', calibrated, metrics);
  console.log(name, 'softmax', JSON.stringify(metrics));
  if (name !== 'tiny-vgg') {
    members.push(pipe(backbone, calibrated));
    memberProbabilities.push(crossFitted);
  }
  if (C) {
    const svm = linearL2SVM({ C });
    await svm.fit(await backbone.transform(train), train);
    const margins = await measure(svm, features, test);
    const head = await calibrate(svm, features, test, { method: 'vector' });
    const held = await crossFit(features, (fitting, labels) => calibrate(svm, fitting, labels, { method: 'vector' }));
    const svmMetrics = { ...(await publicMetrics(head, features, held)), asTrained: margins, C };
    await save('l2svm', head, svmMetrics);
    console.log(name, 'l2svm', JSON.stringify(svmMetrics));
  }
}

const all = ensemble(members);
const pooled = memberProbabilities.map(({ data }) => data);
const crossFitted: FeatureMatrix = {
  data: pooled[0].map((_, i) => pooled.reduce((sum, data) => sum + data[i], 0) / pooled.length),
  rows: test.n,
  columns: test.classes.length,
};
const probabilities = await all.predictProba!(test);
const ensembleMetrics = { publicTest: summary(probabilities, test), crossFitted: summary(crossFitted, test) };
await saveClassifier(all, diskFolder(join(out, 'compact-vgg-ensemble', 'classifiers', 'softmax')), {
  ...provenance,
  seed: 1,
  options: { members: NETWORKS.slice(0, 3).map(({ name }) => name) },
  metrics: ensembleMetrics,
  notes: { command: 'see its members', machine: { cores: 16, accelerator: ACCELERATORS[2], torch: '2.11' } },
});
console.log('ensemble', JSON.stringify(ensembleMetrics));
process.exit(0);

async function scaled(layer: LinearLayer, features: FeatureMatrix, labels: Labels) {
  // Without its probabilities, the head is calibrated on its logits, so that the layer can take the result.
  const logits = { ...softmaxFromLayer(layer), predictProba: undefined };
  const { config } = await (await calibrate(logits, features, labels, { method: 'vector' })).serialize();
  return scaleLayer(layer, config.numbers as [scale: number, shift: number][]);
}

/** Probabilities for the faces of PublicTest, each from a calibration fitted on the other four fifths of the faces. */
async function crossFit(
  features: FeatureMatrix,
  fit: (features: FeatureMatrix, labels: ReturnType<typeof selectLabels>) => Promise<Head>,
): Promise<FeatureMatrix> {
  const data = new Float32Array(test.n * test.classes.length);
  for (const held of folds) {
    const inside = new Set(held);
    const others = Array.from({ length: test.n }, (_, i) => i).filter((i) => !inside.has(i));
    const head = await fit(selectFeatures(features, others), selectLabels(test, others));
    const found = await head.predictProba!(selectFeatures(features, held));
    for (const [i, row] of Array.from(held).entries()) {
      data.set(found.data.subarray(i * found.columns, (i + 1) * found.columns), row * found.columns);
    }
  }
  return { data, rows: test.n, columns: test.classes.length };
}

async function measure(head: Head, features: FeatureMatrix, { labels, classes }: Dataset) {
  const predicted = argmaxRows(await head.decisionFunction(features));
  const { accuracy, balancedAccuracy } = evaluate({ actual: labels, predicted, classes });
  return { accuracy, balancedAccuracy };
}

async function publicMetrics(head: Head, features: FeatureMatrix, crossFitted: FeatureMatrix): Promise<JsonObject> {
  return {
    publicTest: summary(await head.predictProba!(features), test),
    crossFitted: summary(crossFitted, test),
  };
}

function summary(probabilities: FeatureMatrix, { labels, classes, n }: Dataset): JsonObject {
  const predicted = argmaxRows(probabilities);
  const found = evaluate({ actual: labels, predicted, classes, scores: probabilities, probabilities });
  return {
    n,
    accuracy: found.accuracy,
    balancedAccuracy: found.balancedAccuracy,
    recall: Object.fromEntries(classes.map((name, i) => [name, found.perClass[i].recall])),
    calibration: found.calibration?.expectedError ?? null,
  };
}
