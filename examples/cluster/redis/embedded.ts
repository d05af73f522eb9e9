import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { FerError, isFerError } from 'fer-core';
import { withLock, writeFileAtomic } from 'fer-core/node';
import type { Redis } from 'ioredis';
import { connectRedis } from './connect.js';

/** A redis-server started by this example. */
interface Address {
  readonly port: number;
  readonly password: string;
}

/** Options for starting a redis-server. */
export interface RedisServerOptions extends Address {
  /** The folder of its append-only file. */
  readonly folder: string;
}

/** The path of `redis-server`: `REDIS_SERVER`, or the first on the `PATH`; `undefined` if there is none. */
export function findRedisServer(): string | undefined {
  const { REDIS_SERVER, PATH = '' } = process.env;
  if (REDIS_SERVER) return REDIS_SERVER;
  const name = process.platform === 'win32' ? 'redis-server.exe' : 'redis-server';
  return PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/**
 * Starts a redis-server that only this machine can reach. It writes every change to its append-only file, so that
 * nothing is lost if it is killed, and it never evicts.
 *
 * @throws FerError `UNSUPPORTED` if redis-server is not installed.
 */
export function spawnRedis({ folder, port, password }: RedisServerOptions): ChildProcess {
  const program = findRedisServer();
  if (!program) {
    throw new FerError(
      'UNSUPPORTED',
      'redis-server is not installed: install it (Debian: apt-get install redis-server), or give --redis URL.',
    );
  }
  const config = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    `dir "${resolve(folder).replaceAll('\\', '/')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'loglevel warning',
  ];
  // The configuration is passed through stdin, because all users can see the arguments of a process. The server is
  // detached, because the program that starts it may end before others that use it.
  const child = spawn(program, ['-'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.stdin!.on('error', () => undefined); // it could not be started: connecting says so
  child.stdin!.end(`${config.join('\n')}\n`);
  child.on('error', () => undefined);
  child.unref();
  return child;
}

/**
 * Connects to the redis-server of a folder, and starts it if none is running. Several programs share it; the last one
 * that calls {@link leaveRedis} stops it.
 *
 * @param folder - The folder for its address and its append-only file, on a local disk.
 */
export async function embeddedRedis(folder: string): Promise<Redis> {
  const location = resolve(folder);
  const file = join(location, 'address.json');
  await mkdir(location, { recursive: true, mode: 0o700 });
  return withLock(file, async () => {
    const running = await connectTo(await readAddress(file));
    if (running) return running;
    const address = { port: await freePort(), password: randomBytes(24).toString('hex') };
    await writeFileAtomic(file, JSON.stringify(address));
    await chmod(file, 0o600);
    spawnRedis({ folder: location, ...address });
    const until = Date.now() + 20_000;
    while (Date.now() < until) {
      const started = await connectTo(address);
      if (started) return started;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new FerError('IO', 'redis-server does not start: check the free disk space, or give --redis URL.', {
      file: location,
    });
  });
}

/** Closes a connection to an embedded Redis, and stops the server if nobody else uses it. Its data are kept. */
export async function leaveRedis(redis: Redis): Promise<void> {
  const clients = await redis.client('LIST');
  const others = String(clients).trim().split('\n').length - 1;
  if (others > 0) {
    await redis.quit();
    return;
  }
  // The server answers by closing the connection, which must not be re-established.
  redis.options.retryStrategy = () => null;
  await Promise.allSettled([once(redis, 'end'), redis.shutdown('NOSAVE')]);
}

/** A connection, once the server has loaded its append-only file; `undefined` if no server answers. */
async function connectTo(address: Address | undefined): Promise<Redis | undefined> {
  if (!address) return undefined;
  try {
    return await connectRedis(`redis://:${address.password}@127.0.0.1:${address.port}`);
  } catch (error) {
    if (isFerError(error, 'IO')) return undefined;
    throw error;
  }
}

async function readAddress(file: string): Promise<Address | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { port, password } = JSON.parse(text) as Partial<Address>;
    if (Number.isInteger(port) && typeof password === 'string') return { port: port!, password };
  } catch {
    // Left by a program that was killed while writing.
  }
  await rm(file, { force: true });
  return undefined;
}

/** A free port. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
