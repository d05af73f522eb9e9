export type { FreezeRange } from './freezing.js';
export { backbones, LayersBackbone, layersBackboneLoader, type TrainResult } from './layersBackbone.js';
export type { Loss } from './losses.js';
export type { Preprocessing } from './preprocessing.js';
export { constant, cosine, inverseTimeDecay, type Schedule } from './schedules.js';
export { type ShallowCnnOptions, shallowCnn } from './shallowCnn.js';
export { summary } from './summary.js';
export type { TrainOptions } from './train.js';
export { type Vgg16Options, vgg16 } from './vgg16.js';
