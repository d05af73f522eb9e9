import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeatureMatrix, type Labels, Random } from 'fer-core';

/** Features on disk: float32, row-major, and one byte per label. */
export interface FeatureFiles {
  readonly x: string;
  readonly y: string;
  readonly columns: number;
}

const CLASSES = 7;
/** Rows of FER2013's Training split, by class. */
const COUNTS = [3995, 436, 4097, 7215, 4830, 3171, 4965];

export function readFeatures({ x, y, columns }: FeatureFiles): { x: FeatureMatrix; y: Labels } {
  // Read directly into the array, so that the peak memory contains the features only once.
  const file = openSync(x, 'r');
  const data = new Float32Array(fstatSync(file).size / 4);
  const bytes = new Uint8Array(data.buffer);
  for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, Math.min(1 << 24, bytes.length - at), at);
  closeSync(file);
  const classes = Array.from({ length: CLASSES }, (_, c) => `${c}`);
  return {
    x: { data, rows: data.length / columns, columns },
    y: { labels: new Uint8Array(readFileSync(y)), classes },
  };
}

function write(name: string, { data, columns }: FeatureMatrix, labels: Uint8Array): FeatureFiles {
  const files = { x: join(tmpdir(), `fer-bench-${name}.f32`), y: join(tmpdir(), `fer-bench-${name}.u8`), columns };
  writeFileSync(files.x, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(files.y, labels);
  return files;
}

/** The penultimate activations of FER2013's Training split in a ShallowCNN trained for some epochs. */
export async function realFeatures(csv: string, epochs: number): Promise<FeatureFiles> {
  // Imported only here: contestants, whose memory is measured, don't need them.
  const { shallowCnn } = await import('fer-backbones');
  const { loadFer2013 } = await import('fer-data/node');
  const { useWasm } = await import('fer-wasm');
  await useWasm();
  const { train } = await loadFer2013(csv);
  const backbone = shallowCnn({ seed: 1 });
  await backbone.fit(train, { epochs, seed: 1, learningRate: 3e-4 });
  const files = write('real', await backbone.transform(train), train.labels);
  backbone.dispose();
  return files;
}

/**
 * Synthetic activations of the same size and classes, as a substitute for FER2013: rectified sums of 64 latent
 * variables of decreasing variance, a few of which distinguish the classes, and noise. An eighth of the values are not
 * zero, and a quarter of the labels are wrong, similar to a trained ShallowCNN.
 */
export function madeFeatures(rows: number, columns: number): FeatureFiles {
  const latent = 64;
  const random = new Random('heads bench');
  const scale = Float64Array.from({ length: latent }, (_, t) => 1 / Math.sqrt(1 + t / 4));
  const centres = Float64Array.from({ length: CLASSES * latent }, () => 0.6 * random.normal());
  const mix = Float64Array.from({ length: columns * latent }, () => random.normal());
  const gain = Float64Array.from({ length: columns }, () => Math.exp(random.normal() / 2) / 2);
  const threshold = Float64Array.from({ length: columns }, () => 4 + 3 * random.uniform());
  const total = COUNTS.reduce((a, b) => a + b);
  const data = new Float32Array(rows * columns);
  const labels = new Uint8Array(rows);
  const z = new Float64Array(latent);
  for (let i = 0; i < rows; i++) {
    let c = 0;
    for (let u = random.uniform() * total; u >= COUNTS[c]; c++) u -= COUNTS[c];
    labels[i] = random.uniform() < 0.25 ? random.int(CLASSES) : c;
    for (let t = 0; t < latent; t++) z[t] = scale[t] * (centres[c * latent + t] + random.normal());
    for (let j = 0; j < columns; j++) {
      let sum = 2 * random.uniform() - threshold[j];
      for (let t = 0; t < latent; t++) sum += z[t] * mix[j * latent + t];
      data[i * columns + j] = Math.max(0, sum) * gain[j];
    }
  }
  return write('made', { data, rows, columns }, labels);
}
