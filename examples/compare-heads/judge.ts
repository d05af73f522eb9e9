import { gradCam, LayersBackbone, overlayHeat } from 'fer-backbones';
import type { FeatureExtractor, FeatureMatrix, FitResult, Head, Images } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import { stratifiedSubset } from 'fer-data';
import { evaluateHead, type Robustness, rankingCurves, robustness, worstMistakes } from 'fer-eval';
import { type FeatureMap, mapFeatures } from 'fer-eval/plots';
import type { ReportHead } from 'fer-eval/report';
import type { LinearHead } from 'fer-heads';
import type { TestSplit } from './data.js';

/** A head to evaluate. */
export interface Candidate {
  readonly name: string;
  readonly head: Head;
  /** Absent if the head was trained with the backbone. */
  readonly fit?: FitResult;
  /** The folder in which it is saved, within the folder of the run. */
  readonly folder?: string;
}

/** A head and its evaluation on each split, by the name of the split. */
export interface MeasuredHead extends ReportHead {
  readonly folder?: string;
  readonly predicted: Record<string, Uint8Array>;
  readonly accuracy: Record<string, number>;
}

/** Evaluates heads on one backbone. The backbone runs once on the test faces. */
export interface Judge {
  /** For the last split. */
  readonly featureMap: FeatureMap;
  measure(candidate: Candidate): Promise<MeasuredHead>;
}

/** Number of faces for robustness: each is corrupted in 36 ways. */
const WORSENED = 1000;

/** Number of most confident mistakes shown per head. */
const MISTAKES = 24;

/** Prepares the evaluation of heads on a backbone; explanations and robustness are computed on the last split. */
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

/** Computes Grad-CAM heat maps over faces, for linear heads on layer networks. */
function explanation(backbone: FeatureExtractor<Images>, head: Head) {
  if (!(backbone instanceof LayersBackbone && 'toLayer' in head)) return undefined;
  const layer = (head as LinearHead).toLayer();
  return async (faces: Images): Promise<Images> => overlayHeat(faces, await gradCam(backbone, layer, faces));
}

/**
 * Measures the robustness of heads. With one seed, the same pictures are corrupted in the same order, so the features
 * computed for the first head are reused for the others.
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
