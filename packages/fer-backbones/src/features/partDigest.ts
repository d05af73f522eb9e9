import { type SavedPart, sha256 } from 'fer-core';

/** A digest of a component: its kind, configuration and files. */
export async function partDigest({ kind, config, files }: SavedPart): Promise<string> {
  const parts = await Promise.all([...files].map(async ([name, bytes]) => [name, await sha256(bytes)]));
  return sha256(new TextEncoder().encode(JSON.stringify([kind, config, parts])));
}
