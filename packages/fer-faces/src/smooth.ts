import type { ByClass, Reading } from './readExpressions.js';

/** One step of exponential smoothing: moves by the fraction `share` (0..1) from one reading to the next. */
export function smooth(from: Reading, to: Reading, share: number): Reading {
  const probabilities = mix(from.probabilities, to.probabilities, share);
  const scores = mix(from.scores, to.scores, share);
  const values = Object.entries(probabilities ?? scores!);
  const [expression] = values.reduce((a, b) => (b[1] > a[1] ? b : a));
  return probabilities ? { expression, probabilities } : { expression, scores };
}

function mix(from: ByClass | undefined, to: ByClass | undefined, share: number): ByClass | undefined {
  if (!from || !to) return to;
  return Object.fromEntries(
    Object.entries(to).map(([name, value]) => [name, from[name] + share * (value - from[name])]),
  );
}
