import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, memoryFolder, memoryStore, pipe, saveClassifier } from 'fer-core';
import { linearL2SVM, linearL2SVMLoader } from 'fer-heads';
import * as onnx from 'fer-onnx';
import * as node from 'fer-onnx/node';
import { useWasm } from 'fer-wasm';
import * as ort from 'onnxruntime-web';
import { afterAll } from 'vitest';
import { type Calls, call, method } from './call.js';
import { smallBackbone, smallFaces } from './networks.js';
import { holdsPromises } from './properties.js';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';

const folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

await useWasm({ threads: 1 });
const model = await exportSmall({});
const file = join(folder, 'small.onnx');
writeFileSync(file, model);
const backbone = { make: () => onnx.onnxBackbone(model), disposable: true };
const saved = memoryFolder();
const classifier = pipe(await onnx.onnxBackbone(model), linearL2SVM());
await classifier.fit(smallFaces());
await saveClassifier(classifier, saved);
classifier.dispose();

async function exportSmall(options: onnx.ExportOnnxOptions): Promise<Uint8Array> {
  const made = smallBackbone();
  try {
    return await onnx.exportOnnx(made, options);
  } finally {
    made.dispose();
  }
}

/** Loads the saved classifier by the loaders, and frees it. */
async function loadAgain(options: Parameters<typeof onnx.onnxBackbones>[0]): Promise<void> {
  const loaders = { backbones: onnx.onnxBackbones(options), heads: [linearL2SVMLoader] };
  const loaded = await loadClassifier(saved, loaders);
  loaded.dispose();
}

const ONNX: Calls = {
  onnxBackbone: call(onnx.onnxBackbone, () => [model, {}], { options: 1 }),
  'onnxBackbone().transform': method(
    backbone,
    (made, ...args: Parameters<typeof made.transform>) => made.transform(...args),
    () => [smallFaces(), {}],
  ),
  'onnxBackbone().serialize': method(
    backbone,
    (made) => made.serialize(),
    () => [],
  ),
  onnxBackbones: call(loadAgain, () => [{}], { options: 0 }),
  exportOnnx: call(exportSmall, () => [{}], { options: 0 }),
  'exportOnnx.model': call(onnx.exportOnnx, () => [memoryStore()], { fails: 'INVALID_ARGUMENT' }),
};

holdsPromises('fer-onnx', onnx, ONNX);
holdsPromises('fer-onnx/node', node, {
  onnxBackbone: call(node.onnxBackbone, () => [file, {}], { options: 1 }),
});
