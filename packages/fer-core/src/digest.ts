import type { Dataset } from './images.js';

/** The SHA-256 of some bytes, as 64 lower-case hexadecimal digits. Needs WebCrypto: Node, or a page served securely. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A digest of a data set's sizes, classes, labels and pixels (not of its ids): the same data give the same digest. */
export async function datasetDigest(dataset: Dataset): Promise<string> {
  const { n, height, width, channels, classes, labels, images, soft } = dataset;
  const parts = [
    sha256(new TextEncoder().encode(JSON.stringify({ n, height, width, channels, classes }))),
    sha256(labels),
    sha256(images),
  ];
  if (soft) parts.push(sha256(new Uint8Array(soft.buffer, soft.byteOffset, soft.byteLength)));
  return sha256(new TextEncoder().encode((await Promise.all(parts)).join('')));
}
