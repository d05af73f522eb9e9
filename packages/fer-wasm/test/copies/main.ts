/**
 * Starts the backend and prints the outcome. A second copy of a package of tfjs', if given, is loaded before, or between
 * two starts.
 */
import { createRequire } from 'node:module';

const [copy, when = 'before'] = process.argv.slice(2);
const load = () => createRequire(import.meta.url)(copy);
if (when === 'before') load();
const { useWasm } = await import('../../src/index.js');
if (when === 'between') {
  await useWasm({ threads: 1 });
  load();
}
console.log(
  await useWasm({ threads: 1 }).then(
    () => 'started',
    ({ message }) => message,
  ),
);
