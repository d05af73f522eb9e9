import { expect, it } from 'vitest';

/** What is wrong, a call with it, and the code and a part of the message that it is refused with. */
export type Refused = readonly [what: string, call: () => unknown, code: string, message: string];

/** Tests that every call is refused with a `FerError` that names what is wrong. */
export function refuses(table: readonly Refused[]): void {
  it.each(table)('%s', async (_, call, code, message) => {
    // Awaited, so that calls that throw and calls that reject are the same.
    const error: unknown = await (async () => call())().then(
      (value) => ({ message: `it returned ${JSON.stringify(value)}` }),
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ name: 'FerError', code, message: expect.stringContaining(message) });
  });
}

/** A copy of an object with other properties, which its type doesn't allow. */
export function having<T extends object>(object: T, changes: Readonly<Record<string, unknown>>): T {
  return { ...object, ...changes };
}
