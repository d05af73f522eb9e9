import { memoryStore } from 'fer-core';
import * as onnx from 'fer-onnx';
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

const ONNX: Calls = {
  exportOnnx: call(exportSmall, () => [{}], { options: 0 }),
  'exportOnnx.model': call(onnx.exportOnnx, () => [memoryStore()], { fails: 'INVALID_ARGUMENT' }),
};

holdsPromises('fer-onnx', onnx, ONNX);
