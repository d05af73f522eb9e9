import type { SeenFace } from './sight.js';

/** What a classifier says of one face and one class. */
export interface ClassReading {
  readonly name: string;
  /** How long its bar is, 0..1. */
  readonly share: number;
  readonly text: string;
}

/**
 * A reading, class by class: probabilities where the classifier has them. The margins of a support vector machine are
 * none: it was trained to say +1 for a class and −1 against it, and a bar follows the logistic curve of twice the margin.
 */
export function byClass({ probabilities, scores }: Pick<SeenFace, 'probabilities' | 'scores'>): ClassReading[] {
  if (probabilities) {
    return Object.entries(probabilities).map(([name, share]) => ({
      name,
      share,
      text: `${Math.round(100 * share)} %`,
    }));
  }
  return Object.entries(scores ?? {}).map(([name, margin]) => ({
    name,
    share: 1 / (1 + Math.exp(-2 * margin)),
    text: `${margin < 0 ? '−' : '+'}${Math.abs(margin).toFixed(2)}`,
  }));
}
