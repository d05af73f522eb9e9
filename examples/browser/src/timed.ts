/**
 * Runs a function and reports its duration under a name, to profilers and to any PerformanceObserver. Entries don't
 * accumulate.
 */
export async function timed<T>(name: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await action();
  performance.measure(name, { start });
  performance.clearMeasures(name);
  return result;
}
