/** to = from + length · step. */
export function goAlong(from: Float64Array, length: number, step: Float64Array, to: Float64Array): void {
  for (let j = 0; j < from.length; j++) to[j] = from[j] + length * step[j];
}

/** Σ aⱼ bⱼ. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
