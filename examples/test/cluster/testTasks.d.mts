import type { Tasks } from '../../cluster/jobs/task.js';

export const tasks: Tasks;
export function expected(name: string): Uint8Array;
