import { backbones } from 'fer-backbones';
import { datasetDigest, FerError, isPiped, type JsonObject, loadClassifier, readManifest, sameClasses } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import type { FeatureMap } from 'fer-eval/plots';
import { heads as headLoaders } from 'fer-heads';
import { modelFolder } from '../shared/modelFolder.js';
import { loadTests } from './data.js';
import { judgeOf, type MeasuredHead } from './judge.js';
import type { Options } from './options.js';
import type { Compared } from './report.js';

const DRAWN =
  'The test faces are drawn, but the shipped classifiers were trained on photos. These figures show that everything runs, not how accurate the classifiers are on photos. To measure that, give --data.';

/** Evaluates trained classifiers: shipped ones by name, saved ones by folder. */
export async function savedHeads(options: Options): Promise<Compared> {
  const folders = await Promise.all(options.models.map(modelFolder));
  const { title, tests } = await loadTests(options, consoleProgress('Loading '));
  const heads: MeasuredHead[] = [];
  const notes: Record<string, JsonObject> = {};
  let featureMap: FeatureMap | undefined;
  for (const [i, name] of options.models.entries()) {
    const { provenance } = await readManifest(folders[i]);
    const classifier = await loadClassifier(folders[i], { backbones, heads: headLoaders });
    if (!sameClasses(classifier.classes, tests[0].dataset.classes)) {
      throw new FerError(
        'INVALID_DATA',
        `${name} has the classes [${classifier.classes.join(', ')}], the data have others.`,
      );
    }
    if (!isPiped(classifier)) {
      throw new FerError('UNSUPPORTED', `${name} is not a backbone with a head: give its members one by one.`);
    }
    const judge = await judgeOf(classifier.backbone, tests, { ...options, label: name });
    heads.push(await judge.measure({ name, head: classifier.head }));
    featureMap ??= judge.featureMap;
    notes[name] = { ...provenance } as JsonObject;
    classifier.dispose();
  }
  const digests = await Promise.all(tests.map(async ({ name, dataset }) => [name, await datasetDigest(dataset)]));
  return {
    title: `${title}: ${options.models.join(', ')}`,
    description: options.data === null ? DRAWN : undefined,
    tests,
    heads,
    featureMap,
    notes,
    dataDigest: Object.fromEntries(digests),
  };
}
