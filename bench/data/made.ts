import { type Dataset, selectRows } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { exportCsv, exportImageFolder } from 'fer-data/node';

/** The number of rows in each split of FER2013. */
const ROWS = { train: 28709, publicTest: 3589, privateTest: 3589 };

/** Makes a csv of FER2013's size from synthetic faces that repeat. */
export async function makeCsv(path: string): Promise<string> {
  const faces = syntheticFaces({ n: ROWS.publicTest, seed: 1 });
  const repeated = (n: number): Dataset =>
    selectRows(
      faces,
      Array.from({ length: n }, (_, i) => i % faces.n),
    );
  await exportCsv(path, {
    train: repeated(ROWS.train),
    publicTest: repeated(ROWS.publicTest),
    privateTest: repeated(ROWS.privateTest),
  });
  return path;
}

/** Makes as many JPEG files as FER2013 has in a test split. */
export async function makeFolder(path: string): Promise<string> {
  await exportImageFolder(path, syntheticFaces({ n: ROWS.publicTest, seed: 2 }), { format: 'jpg' });
  return path;
}
