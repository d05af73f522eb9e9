/**
 * Networks that turn images into features: build, train, fine-tune, resume and explain them.
 *
 * @module fer-backbones
 */
export { type CompactVggOptions, compactVgg } from './backbones/compactVgg.js';
export { type FineTuneStage, fineTune } from './backbones/fineTune.js';
export { backbones, LayersBackbone, layersBackboneLoader, type TrainResult } from './backbones/layersBackbone.js';
export { type MiniXceptionOptions, miniXception } from './backbones/miniXception.js';
export { type ResNetOptions, resNet } from './backbones/resNet.js';
export { type ShallowCnnOptions, shallowCnn } from './backbones/shallowCnn.js';
export { summary } from './backbones/summary.js';
export { type ToLayersModelOptions, toLayersModel } from './backbones/toLayersModel.js';
export { type Vgg16Options, vgg16 } from './backbones/vgg16.js';
export { type GradCamOptions, gradCam, type HeatMaps, overlayHeat } from './explain/gradCam.js';
export { type ExtractOptions, extractFeatures } from './features/extractFeatures.js';
export type { FeatureChunk } from './features/featureChunks.js';
export type {
  FeatureCacheOptions,
  FeatureForm,
  FeatureStore,
  FeatureType,
  FeatureWriter,
} from './features/featureStore.js';
export { loadFeatures, readFeatures } from './features/readFeatures.js';
export { type ImportKerasOptions, importKeras, type KerasImport } from './keras/importKeras.js';
export type { FreezeRange } from './network/freezing.js';
export { type Plan, pathOf, planOf, type Step } from './network/plan.js';
export {
  type Affine,
  checkPreprocessing,
  type Preprocessing,
  preprocess,
  preprocessingToJson,
} from './network/preprocessing.js';
export { type Shape, shapesOf } from './network/shapes.js';
export type { Views } from './network/views.js';
export type { Loss } from './training/losses.js';
export { type AdamWOptions, adamW, type Optimizer, rmsprop, type SgdOptions, sgd } from './training/optimizers.js';
export {
  constant,
  cosine,
  inverseTimeDecay,
  type OneCycleOptions,
  oneCycle,
  type PlateauOptions,
  plateau,
  type Schedule,
} from './training/schedules.js';
export type {
  CheckpointOptions,
  Distillation,
  EarlyStopping,
  FrozenCacheOptions,
  TrainOptions,
} from './training/trainOptions.js';
