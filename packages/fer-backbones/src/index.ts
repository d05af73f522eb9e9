export { backbones, LayersBackbone, layersBackboneLoader, type TrainResult } from './layersBackbone.js';
export type { Loss } from './losses.js';
export type { Preprocessing } from './preprocessing.js';
export { constant, cosine, inverseTimeDecay, type Schedule } from './schedules.js';
export { type ShallowCnnOptions, shallowCnn } from './shallowCnn.js';
export { type ToLayersModelOptions, toLayersModel } from './toLayersModel.js';
export type { TrainOptions } from './train.js';
