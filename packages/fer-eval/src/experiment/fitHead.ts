import type { FeatureMatrix, FitResult, Labels } from 'fer-core';
import type { ExperimentHead } from './types.js';

/** What one head is fitted to and asked about. */
export interface HeadTask {
  readonly seed: number;
  readonly features: { readonly [split: string]: FeatureMatrix };
  /** Of the split `train`. */
  readonly labels: Labels;
}

/** What it said. */
export interface HeadAnswer {
  readonly fit: FitResult;
  /** By split, `train` left out. */
  readonly scores: { readonly [split: string]: FeatureMatrix };
  readonly probabilities: { readonly [split: string]: FeatureMatrix | undefined };
  readonly seconds: number;
}

/** Fits a head to the training features and asks it about the others. */
export async function fitHead(
  { make }: ExperimentHead,
  { seed, features, labels }: HeadTask,
  signal?: AbortSignal,
): Promise<HeadAnswer> {
  const start = performance.now();
  const { train, ...measured } = features;
  const head = await make({ seed });
  try {
    const fit = await head.fit(train, labels, { signal });
    const scores: Record<string, FeatureMatrix> = {};
    const probabilities: Record<string, FeatureMatrix | undefined> = {};
    for (const [split, x] of Object.entries(measured)) {
      scores[split] = await head.decisionFunction(x, { signal });
      probabilities[split] = await head.predictProba?.(x, { signal });
    }
    return { fit, scores, probabilities, seconds: (performance.now() - start) / 1000 };
  } finally {
    head.dispose();
  }
}
