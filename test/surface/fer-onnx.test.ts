import { memoryStore } from 'fer-core';
import * as onnx from 'fer-onnx';
import * as node from 'fer-onnx/node';
import { type Calls, call } from './call.js';
import { smallBackbone } from './networks.js';
import { holdsPromises } from './properties.js';

async function exportSmall(options: onnx.ExportOnnxOptions): Promise<void> {
  const backbone = smallBackbone();
  try {
    await onnx.exportOnnx(backbone, options);
  } finally {
    backbone.dispose();
  }
}

/** Not tried here yet. */
const NEEDS_RUNTIME = 'it runs in an ONNX runtime, which its own tests have';

const ONNX: Calls = {
  onnxBackbone: NEEDS_RUNTIME,
  onnxBackbones: NEEDS_RUNTIME,
  exportOnnx: call(exportSmall, () => [{}], { options: 0 }),
  'exportOnnx.model': call(onnx.exportOnnx, () => [memoryStore()], { fails: 'INVALID_ARGUMENT' }),
};

holdsPromises('fer-onnx', onnx, ONNX);
holdsPromises('fer-onnx/node', node, { onnxBackbone: NEEDS_RUNTIME });
