/** Loads a file, a second copy of tfjs' or none, and then starts the backend: prints what that says. */
import { createRequire } from 'node:module';

const [copy] = process.argv.slice(2);
if (copy) createRequire(import.meta.url)(copy);
const { useWasm } = await import('../../src/index.js');
console.log(
  await useWasm({ threads: 1 }).then(
    () => 'started',
    ({ message }) => message,
  ),
);
