/** Tasks that a test can control: they report when they start, wait for the test, and fail on request. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';

export const tasks = {
  /** Adds its name to the file `log`, waits until the file `gate` exists, and fails while `poison` exists. */
  async made({ input, name, output }, { store }) {
    appendFileSync(input.log, `${name}\n`);
    // Like a long computation, this keeps the thread's event loop busy.
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (input.gate && !existsSync(input.gate)) Atomics.wait(never, 0, 0, 10);
    if (input.poison && existsSync(input.poison)) throw new Error(`${name} is poisoned`);
    if (input.dies && existsSync(input.dies)) process.exit(7);
    if (!input.writesNothing) await store.folder(output.folder).write(output.name, expected(name));
  },
};

/** The content of a part's output. */
export function expected(name) {
  const line = createHash('sha256').update(name).digest();
  return new Uint8Array(Buffer.concat(Array.from({ length: 64 }, () => line)));
}
