import * as models from 'fer-models';
import { type Calls, call } from './call.js';
import { holdsPromises } from './properties.js';

const MODELS: Calls = {
  loadPretrained: call(models.loadPretrained, () => ['tiny-vgg/softmax', {}], { options: 1 }),
  pretrainedFolder: call(models.pretrainedFolder, () => ['tiny-vgg/softmax']),
};

holdsPromises('fer-models', models, MODELS);
