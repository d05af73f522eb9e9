import { bar, percent } from '../shared/format.js';

/**
 * One line with a bar per score: probabilities from 0 to 1, margins from −1 (or the smallest) to 1 (or the largest).
 */
export function drawBars(
  scores: readonly { readonly name: string; readonly score: number }[],
  measure: 'probability' | 'margin',
): string {
  const margin = measure === 'margin';
  const values = scores.map(({ score }) => score);
  const low = margin ? Math.min(-1, ...values) : 0;
  const high = margin ? Math.max(1, ...values) : 1;
  const width = Math.max(...scores.map(({ name }) => name.length));
  const lines = scores.map(({ name, score }) => {
    const shown = margin ? `${score < 0 ? '−' : '+'}${Math.abs(score).toFixed(2)}` : percent(score).padStart(8);
    return `  ${name.padEnd(width)}  ${bar((score - low) / (high - low))}  ${shown}`;
  });
  return lines.join('\n');
}
