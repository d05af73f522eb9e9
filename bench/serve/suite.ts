import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import sharp from 'sharp';
import { findPackage } from '../accuracy/findPackage.js';

/** Interval between memory readings, in seconds. */
const EVERY = 10;

/** An upload, and the expressions of its faces as returned for a single request. */
interface Upload {
  readonly body: Buffer;
  readonly expected: string;
}

/** Numbers of failures while the load ran. */
interface Failures {
  wrong: number;
  busy: number;
  /** Number of the other answers by HTTP status. */
  readonly other: Map<number, number>;
}

/**
 * Load test of examples/serve in its own process: requests per second, latencies, whether every answer is right, and
 * the server's memory.
 *
 *   npm run bench -- serve [--seconds 20] [--connections 8] [--mode fast|thorough] [--model NAME]
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '20' },
      connections: { type: 'string', default: '8' },
      mode: { type: 'string', default: 'fast' },
      model: { type: 'string', default: 'compact-vgg/softmax' },
    },
  });
  const [seconds, connections] = [Number(values.seconds), Number(values.connections)];
  const { server, address } = await start(['--port', '0', '--mode', values.mode, '--model', values.model]);
  try {
    const uploads: Upload[] = [];
    for (const body of await photos()) uploads.push(await expect(address, body));
    // Warm-up: packs filters, compiles functions.
    await load(address, uploads, connections, 3);
    const memory = [await residentMemory(address)];
    const watch = setInterval(async () => memory.push(await residentMemory(address)), 1000 * EVERY);
    const { result, failures } = await load(address, uploads, connections, seconds);
    clearInterval(watch);
    memory.push(await residentMemory(address));
    const { requests, latency } = result;
    console.log(
      `${cpus()[0].model}, ${availableParallelism()} cores (the load included), Node ${process.version}; ` +
        `${values.model}, ${values.mode}; ${uploads.length} photos of 600×346 to 640×480, ${connections} connections, ${seconds} s`,
    );
    console.log(
      `${requests.average.toFixed(1)} requests/s; p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`,
    );
    console.log(
      `${requests.total} answers: ${failures.wrong} wrong, ${failures.busy} turned away with 503, ` +
        `${result.errors} broken connections, ${result.timeouts} timeouts`,
    );
    for (const [status, count] of failures.other) console.log(`  ${count} with status ${status}`);
    const megabytes = memory.map((bytes) => Math.round(bytes / 1e6));
    const minutes = megabytes.slice(0, -1).filter((_, i) => i > 0 && (i * EVERY) % 60 === 0);
    console.log(
      `resident memory: ${megabytes[0]} MB at the start, ${Math.max(...megabytes)} at most, ${megabytes.at(-1)} at the end`,
    );
    if (minutes.length > 0) console.log(`  after each minute: ${minutes.join(', ')} MB`);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

async function start(args: readonly string[]): Promise<{ server: ChildProcess; address: string }> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const server = spawn(process.execPath, ['--import', 'tsx', 'examples/serve/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout! })) {
    const [address] = /http:\/\/\S+:\d+/.exec(line) ?? [];
    if (address) return { server, address };
  }
  throw new Error('The server has ended before it listened.');
}

/** tracking's photograph of three faces, each face alone, and a picture without faces, as JPEG, PNG and WebP. */
async function photos(): Promise<Buffer[]> {
  const three = await readFile(join(findPackage('tracking')!, 'examples/assets/faces.jpg'));
  const face = (left: number, top: number) =>
    sharp(three).extract({ left, top, width: 180, height: 135 }).resize(640, 480);
  const grey = sharp({ create: { width: 640, height: 480, channels: 3, background: '#789' } });
  return Promise.all([
    three,
    face(410, 30).jpeg().toBuffer(),
    face(190, 110).png().toBuffer(),
    face(0, 60).webp().toBuffer(),
    grey.jpeg().toBuffer(),
  ]);
}

function post(address: string, body: Buffer): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream' };
  return fetch(`${address}/expressions`, { method: 'POST', headers, body: new Uint8Array(body) });
}

async function expect(address: string, body: Buffer): Promise<Upload> {
  const response = await post(address, body);
  if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
  return { body, expected: expressionsOf(await response.text()) };
}

/** The faces of an answer: their expressions, and their boxes rounded to pixels. */
function expressionsOf(body: string): string {
  const { faces } = JSON.parse(body) as { faces: { expression: string; box: { x: number; y: number } }[] };
  return faces.map(({ expression, box }) => `${expression} ${Math.round(box.x)} ${Math.round(box.y)}`).join(', ');
}

async function load(address: string, uploads: readonly Upload[], connections: number, duration: number) {
  const failures: Failures = { wrong: 0, busy: 0, other: new Map() };
  const result = await autocannon({
    url: `${address}/expressions`,
    connections,
    duration,
    timeout: 120,
    requests: uploads.map(({ body, expected }) => ({
      method: 'POST' as const,
      headers: { 'content-type': 'application/octet-stream' },
      body,
      onResponse(status: number, answer: string) {
        if (status === 503) failures.busy++;
        else if (status !== 200) failures.other.set(status, (failures.other.get(status) ?? 0) + 1);
        else if (expressionsOf(answer) !== expected) failures.wrong++;
      },
    })),
  });
  return { result, failures };
}

async function residentMemory(address: string): Promise<number> {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
}
