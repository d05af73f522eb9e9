import type { FeatureMatrix, Images } from 'fer-core';
import * as ort from 'onnxruntime-web';

/** Runs an exported model on images in onnxruntime-web, and returns its outputs by name. */
export async function runOnnx(model: Uint8Array, faces: Images): Promise<Readonly<Record<string, FeatureMatrix>>> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(model);
  try {
    const { n, height, width, channels } = faces;
    const images = new ort.Tensor('float32', Float32Array.from(faces.images), [n, height, width, channels]);
    const outputs = await session.run({ images });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => {
        return [name, { data: data as Float32Array, rows: dims[0], columns: dims[1] }];
      }),
    );
  } finally {
    await session.release();
  }
}
