import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFerError } from 'fer-core';
import { connectRedis } from '../../cluster/redis/connect.js';
import { findRedisServer, freePort, spawnRedis } from '../../cluster/redis/embedded.js';

/**
 * Whether redis-server is installed. If not, tests that need it are skipped; in CI that is an error, except on Windows,
 * which Redis doesn't support.
 */
export const hasRedis = findRedisServer() !== undefined;

if (!hasRedis && process.env.CI && process.platform !== 'win32') {
  throw new Error('no redis-server on the PATH: install it, or set REDIS_SERVER to its path.');
}

/** A redis-server for tests. */
export interface TestRedis {
  readonly url: string;
  /** Kills it, and restarts it from its append-only file. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a redis-server on a free port, with an append-only file in a folder of its own. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'fer-redis-'));
  const address = { port: await freePort(), password: 'test' };
  const url = `redis://:${address.password}@127.0.0.1:${address.port}`;
  let child = await start();

  async function start(): Promise<ChildProcess> {
    const started = spawnRedis({ folder, ...address });
    while (started.exitCode === null) {
      try {
        await (await connectRedis(url)).quit();
        return started;
      } catch (error) {
        if (!isFerError(error, 'IO')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    throw new Error(`redis-server ended with code ${started.exitCode}`);
  }

  async function kill(): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  return {
    url,
    async restart() {
      await kill();
      child = await start();
    },
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
