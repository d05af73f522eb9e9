/** Starts slotThread.ts: a thread does not inherit the loader of TypeScript files. */
import { register } from 'tsx/esm/api';

register();
await import('./slotThread.ts');
