import type { Store } from '../stores/store.js';
import type { Part } from './plan.js';

/** What a task is given besides its part. */
export interface TaskContext {
  readonly store: Store;
  /** Threads that it may use. */
  readonly threads: number;
}

/**
 * Computes a part: reads its inputs from the store, and writes its output as the last step. The same part must give the
 * same bytes, so that computing it twice does no harm. A task may cache what the next part needs too, such as a loaded
 * classifier.
 */
export type Task = (part: Part, context: TaskContext) => Promise<void>;

/** The type of the export `tasks` of a module of tasks. */
export type Tasks = Readonly<Record<string, Task>>;
