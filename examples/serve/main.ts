/**
 * Serves facial expression recognition over HTTP:
 *
 *   npm run serve -- --port 3000
 *   curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:3000/expressions
 */
import { explain } from '../shared/explain.js';
import { modelFolder } from '../shared/modelFolder.js';
import { Metrics } from './metrics.js';
import { readOptions } from './options.js';
import { startReader } from './photoReader.js';
import { buildServer } from './server.js';

const { port, host, model, mode } = readOptions(process.argv.slice(2));
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
    // Stops accepting uploads, answers those already received, then ends.
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
