import { md5 } from '@noble/hashes/legacy';
import { bytesToHex } from '@noble/hashes/utils';
import { bindRunOptions, FerError, type RunOptions } from 'fer-core';
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
 * @throws FerError `IO` or `NOT_FOUND` if the download fails, `CORRUPT` if it is a different file.
 */
export async function fetchPublished(file: PublishedFile, options: RunOptions = {}): Promise<Uint8Array> {
  const { url } = file;
  const cache = await globalThis.caches?.open('fer-backbones').catch(() => undefined);
  const kept = await cache?.match(url);
  if (kept) return new Uint8Array(await kept.arrayBuffer());
  const bytes = await fetchWhole(url, options);
  const difference = differenceFrom(bytes, file);
  if (difference) throw new FerError('CORRUPT', `${difference}: ${byHand(url)}`, { file: url });
  // If the page may not store this much, the weights can still be used.
  await cache?.put(url, new Response(bytes)).catch(() => undefined);
  return bytes;
}

async function fetchWhole(url: string, run: RunOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { onProgress, signal } = bindRunOptions(run);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel().catch(() => undefined);
      const code = response.status === 404 ? 'NOT_FOUND' : 'IO';
      throw new FerError(code, `the server answered ${response.status}: ${byHand(url)}`, { file: url });
    }
    const length = Number(response.headers.get('content-length')) || undefined;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
        bytes += value.length;
        onProgress?.({ kind: 'load', rows: 0, bytes, totalBytes: length });
      }
    } finally {
      // Where `onProgress` throws, the connection would stay open.
      await reader.cancel().catch(() => undefined);
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof FerError) throw cause;
    throw new FerError('IO', `the request failed: ${byHand(url)}`, { file: url }, { cause });
  }
}

function byHand(url: string): string {
  return `fetch ${url} by other means and give its bytes as weights.`;
}
