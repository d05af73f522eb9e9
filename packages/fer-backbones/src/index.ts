export type { CheckpointOptions } from './checkpoints.js';
export { type CompactVggOptions, compactVgg } from './compactVgg.js';
export type { FeatureCacheOptions, FeatureForm, FeatureStore, FeatureType, FeatureWriter } from './featureStore.js';
export { type FineTuneStage, fineTune } from './fineTune.js';
export type { FreezeRange } from './freezing.js';
export type { FrozenCacheOptions } from './frozenInputs.js';
export { type GradCamOptions, gradCam, type HeatMaps, overlayHeat } from './gradCam.js';
export { type ImportKerasOptions, importKeras, type KerasImport } from './importKeras.js';
export { backbones, LayersBackbone, layersBackboneLoader, type TrainResult } from './layersBackbone.js';
export type { Loss } from './losses.js';
export { type AdamWOptions, adamW, type Optimizer, rmsprop, type SgdOptions, sgd } from './optimizers.js';
export { prefixFeatures, type Split, splitAt } from './prefix.js';
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
export { summary } from './summary.js';
export { type ToLayersModelOptions, toLayersModel } from './toLayersModel.js';
export type { EarlyStopping, TrainOptions } from './trainOptions.js';
export { type Vgg16Options, vgg16 } from './vgg16.js';
export type { Views } from './views.js';
