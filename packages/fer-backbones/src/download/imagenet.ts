import { md5 } from '@noble/hashes/legacy';
import { bytesToHex } from '@noble/hashes/utils';
import { bindRunOptions, FerError, fetchBytes, type RunOptions } from 'fer-core';
import { describeForeign, isHdf5 } from '../weights/hdf5.js';

/** A file of weights at its publisher's address. */
export interface PublishedFile {
  readonly url: string;
  /** 32 lower-case hexadecimal digits. */
  readonly md5: string;
}

/**
 * VGG16 trained on ImageNet, without its top, as published by Keras (58.9 MB). From Simonyan & Zisserman, Very Deep
 * Convolutional Networks for Large-Scale Image Recognition (2014); the weights are licensed under CC BY 4.0.
 */
export const VGG16_IMAGENET: PublishedFile = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
  md5: '6d6bbae143d832006294945121d1f1fc',
};

/** Describes how bytes differ from the published file. Returns `undefined` if they don't. */
export function differenceFrom(bytes: Uint8Array, published: PublishedFile): string | undefined {
  const found = bytesToHex(md5(bytes));
  if (found === published.md5) return undefined;
  return isHdf5(bytes) ? `its md5 is ${found}, not ${published.md5}` : describeForeign(bytes);
}

/**
 * Downloads a published file in a browser. The Cache API, if available, keeps it once its checksum is right.
 *
 * @throws FerError `NOT_FOUND` where the server has no such file or answers with a web page, `IO` if the download fails,
 *   `CORRUPT` if it is a different file.
 */
export async function fetchPublished(file: PublishedFile, options: RunOptions = {}): Promise<Uint8Array> {
  const { url } = file;
  const cache = await globalThis.caches?.open('fer-backbones').catch(() => undefined);
  const kept = await cache?.match(url);
  if (kept) return new Uint8Array(await kept.arrayBuffer());
  const advice = `${byHand(url)}, or check the address`;
  const bytes = await fetchBytes(url, { ...bindRunOptions(options), advice });
  const difference = differenceFrom(bytes, file);
  if (difference) throw new FerError('CORRUPT', `${difference}: ${byHand(url)}.`, { file: url });
  // If the page may not store this much, the weights can still be used.
  await cache?.put(url, new Response(bytes)).catch(() => undefined);
  return bytes;
}

function byHand(url: string): string {
  return `fetch ${url} by other means and give its bytes as weights`;
}
