/** Detects and classifies the face of a frame with the node-wasm build of @vladmandic/face-api, installed elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file, seconds] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(folder, 'index.js')));
const wasm = require('@tensorflow/tfjs-backend-wasm');
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
const root = join(folder, 'node_modules');
wasm.setWasmPaths(`${join(root, '@tensorflow/tfjs-backend-wasm/dist')}/`);
const { tf, nets } = faceapi;
await tf.setBackend('wasm');
await tf.ready();
const models = join(root, '@vladmandic/face-api/model');
for (const net of [nets.tinyFaceDetector, nets.ssdMobilenetv1, nets.faceExpressionNet]) await net.loadFromDisk(models);
const { width, height, pixels } = JSON.parse(await readFile(file, 'utf8'));
const contestants = {
  'tiny, 416 pixels': new faceapi.TinyFaceDetectorOptions({ inputSize: 416 }),
  'tiny, 224 pixels': new faceapi.TinyFaceDetectorOptions({ inputSize: 224 }),
  'SSD MobileNet v1': new faceapi.SsdMobilenetv1Options(),
};
for (const [name, options] of Object.entries(contestants)) {
  const work = async () => {
    const input = tf.tensor3d(pixels, [height, width, 3], 'int32');
    const found = await faceapi.detectAllFaces(input, options).withFaceExpressions();
    input.dispose();
    return found.length;
  };
  for (let i = 0; i < 3; i++) await work();
  const times = [];
  let faces = 0;
  const before = process.cpuUsage();
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    const start = performance.now();
    faces = await work();
    times.push(performance.now() - start);
  }
  const mean = times.reduce((a, b) => a + b) / times.length;
  const { user, system } = process.cpuUsage(before);
  const busy = (user + system) / 1000 / times.length;
  const rate = (1000 / mean).toFixed(1);
  console.log(
    `face-api's node-wasm build, ${name}: ${mean.toFixed(1)} ms, ${rate} frames/s, ${busy.toFixed(1)} ms of processor time, ${faces} found`,
  );
}
