/** The tasks of this example's workers, by the names that parts use. */
import { measureCell, trainBackbone } from './experiment/tasks.js';
import { extractPart } from './features/task.js';
import type { Tasks } from './jobs/task.js';
import { labelPart } from './labels/task.js';

export const tasks: Tasks = { train: trainBackbone, cell: measureCell, features: extractPart, labels: labelPart };
