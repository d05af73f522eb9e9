/** The measured programs. Each run executes one and prints its {@link Measure}. Peers are loaded only when measured. */
import { execFileSync } from 'node:child_process';
import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from 'fer-core';
import { augment, type Splits, syntheticFaces } from 'fer-data';
import { loadFer2013, loadImageFolder } from 'fer-data/node';

/** The result of a program. */
export interface Measure {
  /** Number of images. */
  readonly units: number;
  readonly seconds: number;
  /** Processor time of all cores, which is more reliable than `seconds` on a busy machine. */
  readonly cpuSeconds: number;
  /** Peak memory of the process, in 10⁶ bytes. */
  readonly residentMB: number;
}

const FACE = 2304;

/** Times a function that returns a number of images. */
async function time(work: () => Promise<number>): Promise<void> {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  const units = await work();
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(startCpu);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const residentMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  console.log(JSON.stringify({ units, seconds, cpuSeconds, residentMB } satisfies Measure));
}

const count = ({ train, publicTest, privateTest }: Splits) => train.n + (publicTest?.n ?? 0) + (privateTest?.n ?? 0);

/** The csv read by fast-csv, with each row's pixels split into numbers: the obvious solution. */
async function byFastCsv(file: string): Promise<number> {
  const { parseFile } = await import('fast-csv');
  const rows: Uint8Array[] = [];
  const labels: number[] = [];
  for await (const row of parseFile<Record<string, string>, Record<string, string>>(file, { headers: true })) {
    labels.push(Number(row.emotion));
    rows.push(Uint8Array.from(row.pixels.split(' '), Number));
  }
  const images = new Uint8Array(rows.length * FACE);
  for (const [i, row] of rows.entries()) images.set(row, i * FACE);
  return images.length / FACE;
}

/** A folder of class folders, read by sharp, sixteen files at a time. */
async function bySharp(folder: string): Promise<number> {
  const { default: sharp } = await import('sharp');
  const files: string[] = [];
  for (const name of await readdir(folder)) {
    for (const file of await readdir(join(folder, name))) files.push(join(folder, name, file));
  }
  const images = new Uint8Array(files.length * FACE);
  for (let start = 0; start < files.length; start += 16) {
    const some = files.slice(start, start + 16);
    const decoded = await Promise.all(some.map((file) => sharp(file).toColourspace('b-w').raw().toBuffer()));
    for (const [i, pixels] of decoded.entries()) images.set(pixels, (start + i) * FACE);
  }
  return files.length;
}

const [program, source, copy] = process.argv.slice(2);
if (program === 'load') await time(async () => count(await loadFer2013(source)));
else if (program === 'fast-csv') await time(() => byFastCsv(source));
else if (program === 'folder') await time(async () => count(await loadImageFolder(source)));
else if (program === 'sharp') await time(() => bySharp(source));
else if (program === 'cached') {
  // The cache is written beside the source, which may belong to the user, so a copy is made and first loaded in another
  // process.
  if (!(await stat(copy).catch(() => undefined))) {
    await copyFile(source, copy);
    execFileSync(process.execPath, [process.argv[1], 'cached', source, copy]);
  }
  await time(async () => count(await loadFer2013(copy, { cache: true })));
} else {
  const faces = syntheticFaces({ n: 640, seed: 1 });
  const shifts = { widthShift: 0.2, heightShift: 0.2 };
  const augmentation = augment({ rotation: 20, ...shifts, shear: 11.5, zoom: 0.2, horizontalFlip: true });
  augmentation(faces, new Random(0));
  await time(async () => {
    for (let epoch = 1; epoch <= 30; epoch++) augmentation(faces, new Random(epoch));
    return 30 * faces.n;
  });
}
