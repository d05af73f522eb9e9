import { checkHead } from 'fer-core/testing';
import { describe, it } from 'vitest';
import { knnHead, knnLoader } from '../custom-head/knnHead.js';

describe('knnHead', () => {
  it('keeps every promise of a head', () => checkHead(() => knnHead({ k: 5 }), knnLoader));
});
