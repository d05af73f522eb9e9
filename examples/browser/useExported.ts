// npm install fer-core fer-backbones fer-heads fer-faces fer-wasm @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0
import { backbones } from 'fer-backbones';
import { loadClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { faceDetector, readExpressions } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import { heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';

await useWasm();
const classifier = await loadClassifier(diskFolder('classifier'), { backbones, heads });
const detector = await faceDetector();

const photo = await loadPhoto('photo.jpg');
for (const { box, expression, probabilities } of await readExpressions(photo, { detector, classifier })) {
  console.log(box, expression, probabilities);
}
