import { isFerError } from 'fer-core';

/** Ends the program on what is the user's to mend, with the message alone: `await work.catch(explain)`. */
export function explain(error: unknown): never {
  if (!isFerError(error)) throw error;
  console.error(error.message);
  process.exit(1);
}
