/**
 * Classifies photos of faces:
 *
 *   npm run predict-image -- photo.jpg
 *   npm run predict-image -- group.jpg --box 210,80,160,160 --model compact-vgg/l2svm
 *
 * The box says where the face is (x,y,width,height in pixels, best a square); without one the whole image is taken.
 */
import { backbones } from 'fer-backbones';
import { loadClassifier } from 'fer-core';
import { loadImage } from 'fer-data/node';
import { heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { modelFolder } from '../shared/modelFolder.js';
import { drawBars } from './bars.js';
import { readOptions } from './options.js';

const { files, model, box, json } = readOptions(process.argv.slice(2));
const faces = await Promise.all(files.map((file) => loadImage(file, { box }))).catch(explain);
await useWasm();
const folder = await modelFolder(model).catch(explain);
const classifier = await loadClassifier(folder, { backbones, heads }).catch(explain);

const measure = classifier.predictProba ? 'probability' : 'margin';
const images = [];
for (const [i, face] of faces.entries()) {
  const { data } = await (classifier.predictProba ?? classifier.decisionFunction)(face);
  const scores = classifier.classes.map((name, j) => ({ name, score: data[j] })).sort((a, b) => b.score - a.score);
  images.push({ file: files[i], predicted: scores[0].name, scores });
  console.log(`${files[i]}: ${scores[0].name}\n${drawBars(scores, measure)}\n`);
}
if (measure === 'margin') console.log('These are margins, not probabilities: above 0 speaks for an expression.');
if (json) console.log(JSON.stringify({ model, measure, images }));
