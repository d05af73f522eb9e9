/**
 * A readers-writer lock for a state that consists of several parts: any number of readers at a time, or one writer. A
 * waiting writer goes before readers that come later.
 */
export interface Turns {
  /** Runs `work` when no writer is running or waiting. */
  read<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` when no reader or other writer is running. */
  write<T>(work: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  /** Settles when all writers so far have ended. */
  let writers: Promise<unknown> = Promise.resolve();
  const readers = new Set<Promise<unknown>>();
  return {
    read(work) {
      const run = writers.then(work);
      const settled = run.catch(() => undefined).then(() => void readers.delete(settled));
      readers.add(settled);
      return run;
    },
    write(work) {
      const before = [writers, ...readers];
      const run = Promise.all(before).then(work);
      writers = run.catch(() => undefined);
      return run;
    },
  };
}
