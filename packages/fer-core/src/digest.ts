import { checkDataset, type Dataset } from './data/images.js';
import { checkIsArray, FerError } from './errors.js';

/**
 * The SHA-256 digest of bytes, as 64 lower-case hexadecimal digits.
 *
 * @throws FerError `UNSUPPORTED` without WebCrypto, which browsers provide only over HTTPS or from localhost.
 *
 * @example
 * ```ts
 * await sha256(new TextEncoder().encode('abc')); // 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
 * ```
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  checkIsArray('bytes', bytes, 'Uint8Array');
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) throw new FerError('UNSUPPORTED', 'WebCrypto is not available: serve the page over HTTPS.');
  const hash = await subtle.digest('SHA-256', unshared(bytes));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A digest of a data set's sizes, classes, labels and pixels (not of its ids): the same data give the same digest.
 *
 * @example
 * ```ts
 * await saveClassifier(classifier, diskFolder('svm'), { dataDigest: await datasetDigest(train), seed: 1 });
 * ```
 */
export async function datasetDigest(dataset: Dataset): Promise<string> {
  const { n, height, width, channels, classes, labels, images, soft } = checkDataset(dataset);
  const parts = [
    sha256(new TextEncoder().encode(JSON.stringify({ n, height, width, channels, classes }))),
    sha256(labels),
    sha256(images),
  ];
  if (soft) parts.push(sha256(new Uint8Array(soft.buffer, soft.byteOffset, soft.byteLength)));
  return sha256(new TextEncoder().encode((await Promise.all(parts)).join('')));
}

/** WebCrypto does not accept shared memory, so such bytes are copied. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
