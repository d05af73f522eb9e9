import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PhotoReader } from './photoReader.js';

/** The server's metrics, for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: 'fer_requests_total',
    help: 'Answers to uploads, by HTTP status',
    labelNames: ['status'],
    registers: [this.registry],
  });
  readonly faces = new Counter({ name: 'fer_faces_total', help: 'Faces read', registers: [this.registry] });
  readonly seconds = new Histogram({
    name: 'fer_request_seconds',
    help: 'Time from the end of an upload to its answer',
    buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [this.registry],
  });
  readonly batch = new Histogram({
    name: 'fer_batch_photos',
    help: 'Photos read together',
    buckets: [1, 2, 4, 8, 16],
    registers: [this.registry],
  });

  /** @param reader - Its queue length is read whenever the metrics are requested. */
  watch(reader: PhotoReader): void {
    new Gauge({
      name: 'fer_pending',
      help: 'Uploads waiting or being processed',
      registers: [this.registry],
      collect() {
        this.set(reader.pending);
      },
    });
    collectDefaultMetrics({ register: this.registry });
  }
}
