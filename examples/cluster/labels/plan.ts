import { FerError, sha256 } from 'fer-core';
import { writeByDigest } from '../inputs/datasetFile.js';
import { storeModel } from '../inputs/model.js';
import { FORMAT, type Part, type Plan, partKey } from '../jobs/plan.js';
import type { Versions } from '../jobs/versions.js';
import { absoluteLocation } from '../stores/openStore.js';
import { openPictures } from '../stores/pictures.js';
import type { Store } from '../stores/store.js';

/** What to read in each picture: the faces found in it, or the whole picture. */
export type Reading = 'faces' | 'whole';

/** The job of labelling pictures. */
export interface LabelsJob {
  /** A folder that all workers can reach, or `s3://bucket/prefix`. */
  readonly pictures: string;
  /** A shipped classifier, or the folder of a saved one. */
  readonly model: string;
  readonly reading: Reading;
  /** Pictures per part. */
  readonly rows: number;
  /** Called with the number of pictures listed so far. */
  readonly onPicture?: (done: number, total: number) => void;
}

/** A picture of a part: its name, and the SHA-256 of its bytes. */
export interface ListedPicture {
  readonly file: string;
  readonly sha256: string;
}

/** Input of a part. */
export interface LabelsInput {
  readonly model: string;
  readonly reading: Reading;
  /** Location of the pictures. */
  readonly pictures: string;
  /** The input file that lists them. */
  readonly list: string;
}

/** Concurrent reads while the pictures are listed. */
const AT_ONCE = 16;

/**
 * Lists the pictures with their checksums, in parts. The pictures stay in place: workers read them there, and refuse a
 * picture that has changed since.
 */
export async function planLabels(store: Store, job: LabelsJob, versions: Versions): Promise<Plan> {
  const location = absoluteLocation(job.pictures);
  const pictures = await openPictures(location);
  const files = await pictures.list();
  if (files.length === 0) throw new FerError('INVALID_DATA', 'there are no pictures.', { file: location });
  const model = await storeModel(store, job.model);
  const parts: Part[] = [];
  for (let start = 0; start < files.length; start += job.rows) {
    const listed: ListedPicture[] = [];
    const own = files.slice(start, start + job.rows);
    for (let at = 0; at < own.length; at += AT_ONCE) {
      const some = own.slice(at, at + AT_ONCE);
      const digests = await Promise.all(some.map(async (file) => sha256(await pictures.read(file))));
      listed.push(...some.map((file, i) => ({ file, sha256: digests[i] })));
      job.onPicture?.(start + listed.length, files.length);
    }
    const list = await writeByDigest(store, new TextEncoder().encode(JSON.stringify(listed)));
    const { reading } = job;
    // The output depends on the names and the bytes, not on the location of the folder.
    const key = await partKey(versions, 'labels', { model, reading, list });
    parts.push({
      task: 'labels',
      key,
      input: { model, reading, pictures: location, list },
      output: { folder: 'labels', name: `${key}.csv` },
      size: own.length,
      name: `${own[0]} to ${own[own.length - 1]}`,
    });
  }
  const about = `labels of ${files.length.toLocaleString('en-US')} pictures by ${job.model}`;
  return { format: FORMAT, kind: 'labels', about, versions, spec: { pictures: files.length }, parts };
}
