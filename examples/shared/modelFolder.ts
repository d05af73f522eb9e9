import { existsSync } from 'node:fs';
import { FerError, type Folder } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { type PretrainedName, pretrainedFolder, pretrainedNames } from 'fer-models';

/** Resolves `--model`: a classifier that fer-models ships, or a folder that `saveClassifier` wrote. */
export async function modelFolder(nameOrPath: string): Promise<Folder> {
  if (pretrainedNames.includes(nameOrPath as PretrainedName)) return pretrainedFolder(nameOrPath as PretrainedName);
  if (existsSync(nameOrPath)) return diskFolder(nameOrPath);
  const names = pretrainedNames.join(', ');
  throw new FerError(
    'NOT_FOUND',
    `"${nameOrPath}" is neither a folder nor a shipped classifier: give a folder, or ${names}.`,
  );
}
