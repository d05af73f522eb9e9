// tsx teaches TypeScript to the main thread alone.
import { register } from 'tsx/esm/api';

register();
await import('./heads.ts');
