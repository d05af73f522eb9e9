import { gradCam, LayersBackbone, overlayHeat } from 'fer-backbones';
import type { FeatureExtractor, FeatureMatrix, FitResult, Head, Images } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import { stratifiedSubset } from 'fer-data';
import { evaluateHead, type Robustness, rankingCurves, robustness, worstMistakes } from 'fer-eval';
import { type FeatureMap, mapFeatures } from 'fer-eval/plots';
import type { ReportHead } from 'fer-eval/report';
import type { LinearHead } from 'fer-heads';
import type { TestSplit } from './data.js';

/** A head to be measured. */
export interface Candidate {
  readonly name: string;
  readonly head: Head;
  /** Absent where the head was trained with the backbone. */
  readonly fit?: FitResult;
  /** Where it is saved, within the folder of the run. */
  readonly folder?: string;
}

/** A head with what was measured of it, each by the name of the split. */
export interface MeasuredHead extends ReportHead {
  readonly folder?: string;
  readonly predicted: Record<string, Uint8Array>;
  readonly accuracy: Record<string, number>;
}

/** What heads on one backbone are measured by. The backbone looks at the test faces once. */
export interface Judge {
  /** Of the last split. */
  readonly featureMap: FeatureMap;
  measure(candidate: Candidate): Promise<MeasuredHead>;
}

/** Faces that are made worse in every way: each is looked at 36 times. */
const WORSENED = 1000;

/** Surest mistakes shown of each head. */
const MISTAKES = 24;

/** Prepares to measure heads on a backbone, on the last split in every respect. */
export async function judgeOf(
  backbone: FeatureExtractor<Images>,
  tests: readonly TestSplit[],
  options: { readonly seed: number; readonly robustness: boolean /** Put before the bars. */; readonly label?: string },
): Promise<Judge> {
  const label = options.label === undefined ? '' : `${options.label}  `;
  const features: FeatureMatrix[] = [];
  for (const { name, dataset } of tests) {
    features.push(await backbone.transform(dataset, { onProgress: consoleProgress(`${label}${name}`) }));
  }
  const last = tests[tests.length - 1];
  const bear = options.robustness ? bearing(backbone, last, options.seed, label) : undefined;
  return {
    featureMap: await mapFeatures(features[tests.length - 1], last.dataset, { seed: options.seed }),
    async measure({ name, head, fit, folder }) {
      let measured: MeasuredHead = { name, fit, folder, evaluations: {}, predicted: {}, accuracy: {} };
      for (const [i, test] of tests.entries()) {
        const { labels: actual, classes, ids } = test.dataset;
        const { evaluation, predicted, scores, probabilities } = await evaluateHead(head, features[i], test.dataset);
        measured = {
          ...measured,
          evaluations: { ...measured.evaluations, [test.name]: evaluation },
          predicted: { ...measured.predicted, [test.name]: predicted },
          accuracy: { ...measured.accuracy, [test.name]: evaluation.accuracy },
        };
        if (test !== last) continue;
        const seen = { actual, predicted, classes, scores, probabilities };
        const explain = explanation(backbone, head);
        const mistakes = await worstMistakes(seen, { images: test.dataset, ids, count: MISTAKES, explain });
        measured = { ...measured, curves: rankingCurves(seen), mistakes };
      }
      return bear ? { ...measured, robustness: await bear(head) } : measured;
    },
  };
}

/** Draws Grad-CAM over faces, for linear heads on networks of layers. */
function explanation(backbone: FeatureExtractor<Images>, head: Head) {
  if (!(backbone instanceof LayersBackbone && 'toLayer' in head)) return undefined;
  const layer = (head as LinearHead).toLayer();
  return async (faces: Images): Promise<Images> => overlayHeat(faces, await gradCam(backbone, layer, faces));
}

/**
 * Measures the robustness of heads. One seed corrupts the same pictures in the same order, so the features computed for
 * the first head serve the others.
 */
function bearing(backbone: FeatureExtractor<Images>, { dataset }: TestSplit, seed: number, label: string) {
  const faces = dataset.n > WORSENED ? stratifiedSubset(dataset, WORSENED, { seed }) : dataset;
  const seen: FeatureMatrix[] = [];
  return (head: Head): Promise<Robustness> => {
    let at = 0;
    return robustness(
      {
        classes: head.classes,
        async predict(images) {
          seen[at] ??= await backbone.transform(images);
          return head.predict(seen[at++]);
        },
      },
      faces,
      { seed, onProgress: consoleProgress(`${label}Robustness`) },
    );
  };
}
