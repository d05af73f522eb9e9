/** The names that code in the docs uses without declaring them, with few enough faces to run in a moment. */
import { shallowCnn } from 'fer-backbones';
import { argmaxRows, type Images, type Progress, pipe, type Random, softmaxRows } from 'fer-core';
import { mergeClasses, renameClasses, syntheticFaces } from 'fer-data';
import { accuracy, confusionMatrix, evaluate } from 'fer-eval';
import type { ExperimentOptions } from 'fer-eval/node';
import type { ReportInput } from 'fer-eval/report';
import type { FaceDetector, Photo } from 'fer-faces';
import { linearL2SVM, softmax } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { knnHead, knnLoader } from '../../custom-head/knnHead.js';

await useWasm();

export const n = 21;
export const seed = 1;
export const epoch = 1;
export const train = syntheticFaces({ n: 70, seed: 1 });
export const test = syntheticFaces({ n, seed: 2 });
export const data = train;
export const publicTest = test;
export const privateTest = syntheticFaces({ n, seed: 3 });
export const { images, labels, classes } = test;
export const actual = labels;
export const face: Images = { ...test, images: images.slice(0, 48 * 48), n: 1 };
export const grey48x48 = face.images;
export const faces = test;
export const recorded = test;
export const heldOut = publicTest;
export const photos: Images = test;
/** The bytes of a file. */
export declare const bytes: Uint8Array;
/** Inputs of fer-faces. */
export declare const detector: FaceDetector;
export declare const photo: Photo;
export declare const video: HTMLVideoElement;
/** In a page: the canvas on which the camera was drawn. */
export declare const canvas: HTMLCanvasElement;
export const otherFaces = renameClasses(test, { happy: 'happiness', angry: 'anger', disgust: 'contempt' });
export const affectNet = mergeClasses(otherFaces, {
  happiness: ['happiness'],
  anger: ['anger'],
  contempt: ['contempt'],
  negative: ['fear', 'sad'],
  surprise: ['surprise'],
  neutral: ['neutral'],
});
/** In a page: a file input. */
export declare const input: HTMLInputElement;

export const backbone = shallowCnn({ seed });
export const training = await backbone.fit(train, { epochs: 1, seed });
export const features = await backbone.transform(train);
export const testFeatures = await backbone.transform(test);
export const head = softmax();
await head.fit(features, train);
export const svm = linearL2SVM();
await svm.fit(features, train);
export const classifier = pipe(backbone, svm);
export const deeper = shallowCnn({ seed: 2 });
export const softmaxHead = softmax();
await softmaxHead.fit(await deeper.transform(train), train);
export const scores = await svm.decisionFunction(testFeatures);
export const predicted = argmaxRows(scores);
export const probabilities = softmaxRows(scores);
export const [a, b] = [await head.predict(testFeatures), predicted];
export const evaluation = evaluate({ actual, predicted, classes, scores });
export const macroF1 = (rows: Uint32Array): number =>
  accuracy(confusionMatrix({ actual: pick(actual, rows), predicted: pick(predicted, rows), classes }));

export const controller = new AbortController();
export const draw = (_event: Progress): void => {};
export const myNoise = (batch: Images, _random: Random): Images => batch;
export const myHead = (): ReturnType<typeof knnHead> => knnHead();
export const myHeadLoader = knnLoader;

export declare const experiment: Omit<ExperimentOptions, 'heads'>;
export declare const run: Omit<ReportInput, 'heads'>;

function pick(of: Uint8Array, rows: Uint32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => of[row]!);
}
