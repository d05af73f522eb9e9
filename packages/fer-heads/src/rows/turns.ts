/**
 * Keeps those who read a state made of several parts apart from who replaces it: any number of readers at a time, or one
 * writer. Writers get their turn before readers that come later.
 */
export interface Turns {
  /** Runs once no writer is at work or waiting. */
  read<T>(work: () => Promise<T>): Promise<T>;
  /** Runs once nobody else is at work. */
  write<T>(work: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  /** Settles when the writers so far have ended. */
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
