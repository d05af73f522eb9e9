import { LayersBackbone } from 'fer-backbones';
import { type Images, type PipedClassifier, pipe } from 'fer-core';
import { timed } from './timed.js';

/** What a classifier says of one face and one class. */
export interface Reading {
  readonly name: string;
  /** How long its bar is, 0..1. */
  readonly share: number;
  readonly text: string;
}

/**
 * A classifier's answer, class by class: probabilities where it has calibrated ones. The margins of a support vector
 * machine are none: it was trained to say +1 for a class and −1 against it, so that is what a bar goes from and to.
 *
 * @param live - Whether another frame follows at once: each is then looked at once, not averaged with its mirror image.
 */
export async function read(chosen: PipedClassifier, face: Images, { live }: { live: boolean }): Promise<Reading[]> {
  const classifier = live ? atOneLook(chosen) : chosen;
  const { data } = await timed(
    'classify',
    async () => classifier.predictProba?.(face) ?? classifier.decisionFunction(face),
  );
  return classifier.classes.map((name, i) =>
    classifier.predictProba
      ? { name, share: data[i], text: `${Math.round(100 * data[i])} %` }
      : { name, share: Math.min(1, Math.max(0, (data[i] + 1) / 2)), text: signed(data[i]) },
  );
}

/** The same, with one view of a face. */
function atOneLook({ backbone, head }: PipedClassifier): PipedClassifier {
  return pipe(backbone instanceof LayersBackbone ? backbone.withViews('single') : backbone, head);
}

/** The likeliest class. */
export function top(readings: readonly Reading[]): Reading {
  return readings.reduce((a, b) => (b.share > a.share ? b : a));
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
