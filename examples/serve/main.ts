/**
 * Serves expressions over HTTP:
 *
 *   npm run serve -- --port 3000
 *   curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:3000/expressions
 */
import { parseArgs } from 'node:util';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';
import { explain } from '../shared/explain.js';
import { modelFolder } from '../shared/modelFolder.js';
import { Metrics } from './metrics.js';
import { startReader } from './photoReader.js';
import { buildServer } from './server.js';

const USAGE = 'npm run serve -- [--port 3000] [--host 127.0.0.1] [--model NAME|DIR] [--mode fast|thorough]';

const { port, host, model, mode } = readOptions();
await modelFolder(model).catch(explain);
const metrics = new Metrics();
const reader = await startReader({
  model,
  mode,
  maxBatch: 16,
  maxPixels: 40_000_000,
  onBatch: (photos) => metrics.batch.observe(photos),
});
const server = buildServer(reader, {}, metrics);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    // Takes no new uploads, answers those that are there, then ends.
    await server.close();
    await reader.close();
    console.log('Closed.');
  });
}
const address = await server.listen({ port, host }).catch(async (error: Error) => {
  await reader.close();
  console.error(`${error.message}: give another --port or --host.`);
  process.exit(1);
});
console.log(`Listening on ${address}: POST /expressions, GET /health, GET /metrics.`);

function readOptions(): { port: number; host: string; model: string; mode: 'fast' | 'thorough' } {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '3000' },
        host: { type: 'string', default: '127.0.0.1' },
        model: { type: 'string', default: DEFAULT_MODEL },
        mode: { type: 'string', default: 'thorough' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(`Serves expressions over HTTP.\n\nUsage: ${USAGE}`);
      process.exit(0);
    }
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new Error(`--port is "${values.port}": give a whole number from 0 to 65535.`);
    }
    const { host, model, mode } = values;
    if (mode !== 'fast' && mode !== 'thorough') throw new Error(`--mode is "${mode}": give fast or thorough.`);
    return { port, host, model, mode };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${USAGE}`);
    process.exit(2);
  }
}
