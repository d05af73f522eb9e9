import type { ComparedClassifier } from '../comparison/compare.js';
import type { Interval } from '../statistics/wilson.js';

/** 0.6186 → "61.86 %". */
export function percent(value: number | null, digits = 2): string {
  return value === null ? '–' : `${(100 * value).toFixed(digits)}\u00a0%`;
}

/** {0.602, 0.634} → "60.2–63.4". */
export function interval({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;
}

/** 0.0103 → "+1.03": percentage points. */
export function points(difference: number): string {
  const text = (100 * Math.abs(difference)).toFixed(2);
  return `${Number(text) === 0 ? '±' : difference < 0 ? '−' : '+'}${text}`;
}

/** {-0.001, 0.02} → "−0.10 to +2.00". */
export function pointsInterval({ low, high }: Interval): string {
  return `${points(low)} to ${points(high)}`;
}

/** Formats a p-value as usual in papers. */
export function pValue(p: number): string {
  return p < 0.001 ? '<\u00a00.001' : p.toFixed(3);
}

/** Formats seconds with the relevant precision: "0.42 s", "12.3 s", "5 min 12 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)}\u00a0s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${whole % 60}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** 28709 → "28,709". */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** Describes the verdict of a comparison in words. */
export function verdictText({ verdict }: ComparedClassifier): string {
  return { baseline: 'baseline', better: 'better', worse: 'worse', undecided: "the data can't tell" }[verdict];
}

/** "2026-11-26T15:12:40.000Z" → "26 November 2026, 15:12 UTC"; any other text is returned unchanged. */
export function dateText(date: string): string {
  const time = /^\d{4}-\d\d-\d\dT/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time)) return date;
  const options = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  const day = new Intl.DateTimeFormat('en-GB', options).format(time);
  return `${day}, ${new Date(time).toISOString().slice(11, 16)} UTC`;
}
