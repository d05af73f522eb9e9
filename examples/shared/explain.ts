import { isFerError } from 'fer-core';

/**
 * Ends the program with the message alone where the user can mend what is wrong, and throws anything else:
 * `await main().catch(explain)`.
 */
export function explain(error: unknown): never {
  if (!isFerError(error)) throw error;
  console.error(error.message);
  process.exit(1);
}
