export { AdamOptimizer, type AdamOptions, AdamWOptimizer, type AdamWOptions, adam, adamW } from './adam.js';
export { MomentumOptimizer, type MomentumOptions, momentum } from './momentum.js';
export { RmspropOptimizer, type RmspropOptions, rmsprop } from './rmsprop.js';
export { SlotOptimizer } from './slotOptimizer.js';
