import type { SeenFace } from './sight.js';

/** The result for one face and one class. */
export interface ClassReading {
  readonly name: string;
  /** Length of the bar, 0..1. */
  readonly share: number;
  readonly text: string;
}

/**
 * One reading per class: probabilities if the classifier has them. The margins of a support vector machine are not
 * probabilities: it was trained to return +1 for a class and −1 against it. Their bars follow the logistic curve of
 * twice the margin.
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
