import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';

/** An S3 server for tests. */
export interface TestS3 {
  readonly bucket: string;
  close(): Promise<void>;
}

const NAMES = ['AWS_ENDPOINT_URL_S3', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const;

/** Starts an S3 server with an empty bucket on a free port, and sets the environment variables that lead to it. */
export async function startS3(): Promise<TestS3> {
  const folder = await mkdtemp(join(tmpdir(), 'fer-s3-'));
  const bucket = 'fer-test';
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    allowMismatchedSignatures: true, // it canonicalizes the queries of listings in another way than the SDK
    directory: folder,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  const values = [`http://127.0.0.1:${port}`, 'S3RVER', 'S3RVER', 'us-east-1'];
  for (const [i, name] of NAMES.entries()) process.env[name] = values[i];
  return {
    bucket,
    async close() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
