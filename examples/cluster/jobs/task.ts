import type { Store } from '../stores/store.js';
import type { Part } from './plan.js';

/** What a task is given beside its part. */
export interface TaskContext {
  readonly store: Store;
  /** Threads that it may use for one computation. */
  readonly threads: number;
}

/**
 * Does a part: reads its inputs from the store, and writes its output as the last thing. The same part must give the same
 * bytes, so that it does no harm to do it twice. It may keep what the next part needs too, such as a loaded classifier.
 */
export type Task = (part: Part, context: TaskContext) => Promise<void>;

/** What a module of tasks exports as `tasks`. */
export type Tasks = Readonly<Record<string, Task>>;
