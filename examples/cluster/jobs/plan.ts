import { FerError, type JsonObject, sha256 } from 'fer-core';
import { hasFile, type Place, readJson, type Store, writeJson } from '../stores/store.js';
import type { Versions } from './versions.js';

/** Increase it whenever the files of a job or their contents change. */
export const FORMAT = 1;

/** The kinds of jobs. */
export type JobKind = 'experiment' | 'features' | 'labels';

/** A piece of a job, which one worker does as a whole. */
export interface Part {
  /** The task that computes it: `train`, `cell`, `features`, `labels`. */
  readonly task: string;
  /** SHA-256 of everything that its output depends on. Parts with the same key have the same output. */
  readonly key: string;
  /** The task's input: sizes, names, and digests of files in the store. */
  readonly input: JsonObject;
  /** The file that exists once it is done. */
  readonly output: Place;
  /** Number of faces or pictures in it. */
  readonly size: number;
  /** The key of the part that must be done first. */
  readonly after?: string;
  /** Whether other parts wait for it. */
  readonly unlocks?: true;
  /** Its name in messages, e.g. `shallow-cnn, seed 1`. */
  readonly name: string;
}

/** A job: its parts, and the data that its report needs. Enqueueing the same job again gives the same file. */
export interface Plan {
  readonly format: typeof FORMAT;
  readonly kind: JobKind;
  /** One line of description. */
  readonly about: string;
  readonly versions: Versions;
  /** Data for the report. */
  readonly spec: JsonObject;
  readonly parts: readonly Part[];
}

/** A plan with its id: the first sixteen hex digits of the SHA-256 of its file. */
export interface StoredPlan extends Plan {
  readonly id: string;
}

const FOLDER = 'plans';

/** The SHA-256 of a value's JSON. The keys must always be in the same order. */
export function digestOf(value: unknown): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(value)));
}

/** The key of a part. */
export function partKey(versions: Versions, task: string, input: JsonObject): Promise<string> {
  return digestOf({ format: FORMAT, versions, task, input });
}

/** Writes a plan. The same plan gives the same file. */
export async function writePlan(store: Store, plan: Plan): Promise<StoredPlan> {
  const id = (await digestOf(plan)).slice(0, 16);
  await writeJson(store.folder(FOLDER), `${id}.json`, plan);
  return { ...plan, id };
}

/** The ids of all plans in a store. */
export async function listPlans(store: Store): Promise<string[]> {
  const names = await store.folder(FOLDER).list();
  return names.flatMap((name) => /^([0-9a-f]{16})\.json$/.exec(name)?.[1] ?? []);
}

/**
 * Reads a plan.
 *
 * @param id - Its id, or a prefix of it.
 * @throws FerError `NOT_FOUND` if there is none, `INVALID_ARGUMENT` if several have this prefix, `CORRUPT` if the file
 *   has changed since it was written.
 */
export async function readPlan(store: Store, id: string): Promise<StoredPlan> {
  const found = (await listPlans(store)).filter((known) => known.startsWith(id));
  if (found.length === 0) {
    throw new FerError('NOT_FOUND', `there is no job ${id}: enqueue one, or check --store.`, { file: store.location });
  }
  if (found.length > 1) {
    throw new FerError('INVALID_ARGUMENT', `"${id}" begins ${found.join(' and ')}: give more of it.`, {
      file: store.location,
    });
  }
  const name = `${found[0]}.json`;
  const plan = await readJson<Plan>(store.folder(FOLDER), name);
  if ((await digestOf(plan)).slice(0, 16) !== found[0]) {
    throw new FerError('CORRUPT', 'the file has changed since it was written: enqueue the job again.', {
      file: `${store.location}/${FOLDER}/${name}`,
    });
  }
  return { ...plan, id: found[0] };
}

/** From this number of parts in a folder on, listing it is faster than checking for each file. */
const LISTED = 20;
/** Concurrent checks. */
const AT_ONCE = 32;

/** The keys of the parts whose output exists. A folder of many parts is listed once. */
export async function findDone(store: Store, parts: readonly Part[]): Promise<Set<string>> {
  const folders = new Map<string, Part[]>();
  for (const part of parts) {
    const known = folders.get(part.output.folder);
    if (known) known.push(part);
    else folders.set(part.output.folder, [part]);
  }
  const done = new Set<string>();
  const single: Part[] = [];
  for (const [folder, own] of folders) {
    if (own.length < LISTED) {
      single.push(...own);
      continue;
    }
    const names = new Set(await store.folder(folder).list());
    for (const { key, output } of own) if (names.has(output.name)) done.add(key);
  }
  for (let at = 0; at < single.length; at += AT_ONCE) {
    const some = single.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map(({ output }) => hasFile(store, output)));
    for (const [i, { key }] of some.entries()) if (found[i]) done.add(key);
  }
  return done;
}
