import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FerError } from 'fer-core';

/** The objects of an S3 bucket, by key. */
export interface Bucket {
  /** `s3://` and the bucket's name. */
  readonly location: string;
  has(key: string): Promise<boolean>;
  /** @throws FerError `NOT_FOUND` or `IO` */
  read(key: string): Promise<Uint8Array>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** The keys with this prefix, sorted; only those of one level (up to the next slash) unless `deep`. */
  list(prefix: string, options?: { readonly deep?: boolean }): Promise<string[]>;
}

/** Splits `s3://bucket/some/prefix` into its bucket and its prefix, which is empty or ends with a slash. */
export function parseS3(location: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, rest] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  if (!bucket) throw new FerError('INVALID_ARGUMENT', `"${location}" names no bucket: give s3://bucket/prefix.`);
  const path = rest.replace(/\/+$/, '');
  return { bucket, prefix: path === '' ? '' : `${path}/` };
}

/**
 * Opens a bucket. Region, credentials and endpoint come from the AWS SDK's usual sources: `AWS_REGION`,
 * `AWS_ACCESS_KEY_ID`, profiles, instance roles; `AWS_ENDPOINT_URL_S3` for a service other than Amazon's.
 */
export function openBucket(name: string): Bucket {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const other = endpoint !== undefined;
  // The version in package.json runs on Node 20. Without this setting the SDK warns that later versions won't.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = new S3Client({
    ...(endpoint && { endpoint, region: AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1' }),
    // Other services may not support bucket names as host names, nor the SDK's newer checksums.
    forcePathStyle: other,
    requestChecksumCalculation: other ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED',
    responseChecksumValidation: other ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED',
  });
  const Bucket = name;
  const place = (key: string): string => `s3://${name}/${key}`;
  return {
    location: `s3://${name}`,
    async has(Key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket, Key }));
        return true;
      } catch (cause) {
        const error = s3Error(cause, place(Key));
        if (error.code === 'NOT_FOUND') return false;
        throw error;
      }
    },
    async read(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return await Body!.transformToByteArray();
      } catch (cause) {
        throw s3Error(cause, place(Key));
      }
    },
    async write(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body })).catch((cause) => {
        throw s3Error(cause, place(Key));
      });
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key })).catch((cause) => {
        throw s3Error(cause, place(Key));
      });
    },
    async list(Prefix, { deep = false } = {}) {
      const keys: string[] = [];
      try {
        const request = { Bucket, Prefix, ...(!deep && { Delimiter: '/' }) };
        for await (const { Contents = [] } of paginateListObjectsV2({ client }, request)) {
          for (const { Key } of Contents) keys.push(Key!);
        }
      } catch (cause) {
        throw s3Error(cause, place(Prefix));
      }
      return keys.sort();
    },
  };
}

/**
 * Converts an error of the SDK to a FerError: `NOT_FOUND` for a missing object, `IO` for others, with the service's
 * reason.
 */
function s3Error(cause: unknown, file: string): FerError {
  const { name, message } = cause as Error;
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
  if (name === 'NoSuchBucket') {
    return new FerError('IO', 'there is no such bucket: create it, or check its name.', { file }, { cause });
  }
  if (status === 404) return new FerError('NOT_FOUND', 'there is no such object: check the name.', { file }, { cause });
  return new FerError('IO', `${name}: ${message}. Check endpoint, region and credentials.`, { file }, { cause });
}
