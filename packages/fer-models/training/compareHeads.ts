/**
 * Fits the heads of `npm run train` on the networks that train.py wrote, compares them on PublicTest, and writes
 * OUT/<network>/comparison.json, which examples/pool-seeds reads.
 *
 *   npx tsx packages/fer-models/training/compareHeads.ts NETWORKS fer2013.csv.gz OUT
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Head } from 'fer-core';
import { writeFileAtomic } from 'fer-core/node';
import { loadFer2013 } from 'fer-data/node';
import { compare, evaluateHead } from 'fer-eval';
import { linearL2SVM, nystroem, softmax, softmaxFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { NETWORKS } from './networks.js';
import { readNetwork } from './readNetwork.js';

const [networks, csv, out] = process.argv.slice(2);
await useWasm();
const { train, publicTest } = await loadFer2013(csv);
const test = publicTest!;

for (const { name, file, options } of NETWORKS) {
  const { backbone: network, layer } = readNetwork(join(networks, file), options, train.classes);
  const backbone = network.withViews('flip');
  backbone.roundToHalf();
  const features = await backbone.transform(train);
  const testFeatures = await backbone.transform(test);
  const heads: { name: string; head: Head }[] = [
    { name: 'softmax, as trained', head: softmaxFromLayer(layer) },
    { name: 'softmax, refitted, C=0.01', head: softmax({ C: 0.01 }) },
    { name: 'softmax, refitted, C=0.01, balanced', head: softmax({ C: 0.01, classWeight: 'balanced' }) },
    ...[1e-5, 1e-4, 1e-3, 1e-2].map((C) => ({ name: `linear L2-SVM, C=${C}`, head: linearL2SVM({ C }) })),
    ...[1e-4, 1e-3].map((C) => ({
      name: `linear L2-SVM, C=${C}, balanced`,
      head: linearL2SVM({ C, classWeight: 'balanced' }),
    })),
    { name: 'Nyström L2-SVM, C=0.1', head: nystroem(linearL2SVM({ C: 0.1 }), { components: 512, seed: 1 }) },
  ];
  const measured = [];
  for (const [i, one] of heads.entries()) {
    if (i > 0) await one.head.fit(features, train);
    const result = await evaluateHead(one.head, testFeatures, test);
    measured.push({ ...one, ...result });
    const { accuracy, balancedAccuracy, perClass } = result.evaluation;
    const recall = ['disgust', 'fear'].map((of) => perClass[test.classes.indexOf(of)].recall);
    console.log(name, one.name, accuracy, balancedAccuracy, ...recall);
  }
  const comparison = await compare(
    { actual: test.labels, classes: test.classes, predictions: measured },
    { baseline: measured[0].name },
  );
  await mkdir(join(out, name), { recursive: true });
  await writeFileAtomic(join(out, name, 'comparison.json'), `${JSON.stringify(comparison, null, 1)}\n`);
  backbone.dispose();
}
process.exit(0);
