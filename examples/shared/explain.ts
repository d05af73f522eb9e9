import { isFerError } from 'fer-core';

/**
 * Ends the program with only the message if the user can fix the cause, and throws anything else:
 * `await main().catch(explain)`.
 */
export function explain(error: unknown): never {
  if (!isFerError(error)) throw error;
  console.error(error.message);
  process.exit(1);
}
