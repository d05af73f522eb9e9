import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBucket, parseS3 } from '../../cluster/stores/bucket.js';
import { openStore } from '../../cluster/stores/openStore.js';
import { openPictures } from '../../cluster/stores/pictures.js';
import { hasFile, readJson, type Store, writeJson } from '../../cluster/stores/store.js';
import { startS3, type TestS3 } from './s3Server.js';

let s3: TestS3;
let root: string;
beforeAll(async () => {
  s3 = await startS3();
  root = await mkdtemp(join(tmpdir(), 'fer-store-'));
});
afterAll(async () => {
  await s3.close();
  await rm(root, { recursive: true, force: true });
});

/** Tests that every kind of store must pass. */
function itIsAStore(open: (name: string) => Promise<Store>): void {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) & 255);

  it('gives back what was written, and lists it', async () => {
    const store = await open('whole');
    expect(await store.list()).toEqual([]);
    expect(await store.has('b.bin')).toBe(false);
    await store.write('b.bin', bytes);
    await store.write('a.bin', new Uint8Array(0));
    await store.write('b.bin', bytes.slice(1));
    expect(await store.list()).toEqual(['a.bin', 'b.bin']);
    expect(await store.read('b.bin')).toEqual(bytes.slice(1));
    expect(await store.read('a.bin')).toHaveLength(0);
    expect(await store.has('b.bin')).toBe(true);
  });

  it('keeps its folders apart', async () => {
    const store = await open('nested');
    const inner = store.folder('x/y');
    await inner.write('z.bin', bytes);
    expect(await inner.list()).toEqual(['z.bin']);
    expect(await store.folder('x').folder('y').has('z.bin')).toBe(true);
    expect(await hasFile(store, { folder: 'x/y', name: 'z.bin' })).toBe(true);
    expect(await store.has('x')).toBe(false);
    expect(await store.folder('x').list()).not.toContain('z.bin');
    expect(await store.folder('x/yy').list()).toEqual([]);
  });

  it('removes, also what is not there', async () => {
    const store = await open('removal');
    await store.write('a.bin', bytes);
    await store.remove('a.bin');
    await store.remove('a.bin');
    expect(await store.list()).toEqual([]);
    await expect(store.read('a.bin')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses names that lead elsewhere', async () => {
    const store = await open('names');
    for (const name of ['../x', '.hidden', '/x', 'a b']) {
      await expect(store.write(name, bytes)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(() => store.folder(name)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('keeps JSON, and refuses anything else as such', async () => {
    const store = await open('json');
    await writeJson(store, 'a.json', { a: [1, 2] });
    expect(await readJson(store, 'a.json')).toEqual({ a: [1, 2] });
    await store.write('a.json', bytes);
    await expect(readJson(store, 'a.json')).rejects.toMatchObject({ code: 'CORRUPT' });
  });
}

describe('a store in a folder', () => itIsAStore((name) => openStore(join(root, 'stores', name))));

describe('a store in S3', () => {
  itIsAStore((name) => openStore(`s3://${s3.bucket}/tests/${name}`));

  it('says what is wrong with a bucket', async () => {
    const store = await openStore('s3://no-such-bucket/x');
    await expect(store.list()).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('no such bucket'),
    });
    await expect(openStore('s3://')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('lists page by page', async () => {
    // The test's S3 server makes its tokens by DES, which today's OpenSSL lacks: another one that has only pages.
    const pages = [['p/a', 'p/b'], ['p/c'], ['p/d']];
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const token = new URL(request.url!, 'http://x').searchParams.get('continuation-token') ?? '0';
      asked.push(token);
      const next = Number(token) + 1;
      const more = next < pages.length;
      const contents = pages[Number(token)].map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
      const rest = more ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(
          `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${contents}${rest}</ListBucketResult>`,
        );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const before = process.env.AWS_ENDPOINT_URL_S3;
    try {
      process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const bucket = openBucket('paged');
      expect(await bucket.list('p/')).toEqual(pages.flat());
      expect(asked).toEqual(['0', '1', '2']);
    } finally {
      process.env.AWS_ENDPOINT_URL_S3 = before;
      server.close();
      server.closeAllConnections();
    }
  });

  it('takes a prefix with and without slashes', () => {
    expect(parseS3('s3://b')).toEqual({ bucket: 'b', prefix: '' });
    expect(parseS3('s3://b/x/y/')).toEqual({ bucket: 'b', prefix: 'x/y/' });
  });
});

describe('pictures', () => {
  const files = ['a b.jpg', 'sub/ü.PNG', 'sub/deep/c.webp'];
  const all = [...files, 'notes.txt'];
  const content = (name: string): Uint8Array => new TextEncoder().encode(name);

  it.each(['folder', 's3'])('are found and read in a %s', async (kind) => {
    let location = join(root, 'pictures');
    if (kind === 's3') {
      location = `s3://${s3.bucket}/pictures`;
      for (const name of all) await openBucket(s3.bucket).write(`pictures/${name}`, content(name));
    } else {
      for (const name of all) {
        await mkdir(dirname(join(location, name)), { recursive: true });
        await writeFile(join(location, name), content(name));
      }
    }
    const pictures = await openPictures(location);
    expect((await pictures.list()).sort()).toEqual([...files].sort());
    for (const name of files) expect(await pictures.read(name)).toEqual(content(name));
    await expect(pictures.read('other.jpg')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
