export type { CheckpointOptions } from './checkpoints.js';
export { type CompactVggOptions, compactVgg } from './compactVgg.js';
export { backbones, LayersBackbone, layersBackboneLoader, type TrainResult } from './layersBackbone.js';
export type { Loss } from './losses.js';
export { type AdamWOptions, adamW, type Optimizer, rmsprop, type SgdOptions, sgd } from './optimizers.js';
export type { Preprocessing } from './preprocessing.js';
export {
  constant,
  cosine,
  inverseTimeDecay,
  type OneCycleOptions,
  oneCycle,
  type PlateauOptions,
  plateau,
  type Schedule,
} from './schedules.js';
export { type ShallowCnnOptions, shallowCnn } from './shallowCnn.js';
export type { EarlyStopping, TrainOptions } from './trainOptions.js';
export type { Views } from './views.js';
