import { describe, expect, it } from 'vitest';
import { seal } from '../../src/features/sealedFile.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/training/checkpointFile.js';

const checkpoint: Checkpoint = {
  run: { seed: 3, optimizer: { name: 'sgd' } },
  step: 12,
  sums: { loss: 1.5, correct: 7, images: 20, seconds: 0.25 },
  history: [{ epoch: 1, loss: 2, accuracy: 0.5, learningRate: 0.1, seconds: 1 }],
  rates: 0x811c9dc5,
  weights: [Float32Array.of(1, 2, 3), Float32Array.of(4)],
  slots: [Float32Array.of(5, 6)],
  averages: [],
  best: [Float32Array.of(7), new Float32Array(0)],
};

describe('a checkpoint as a file', () => {
  it('comes back as it was, in memory of its own', async () => {
    const bytes = await encodeCheckpoint(checkpoint);
    const again = await decodeCheckpoint(bytes);
    expect(again).toEqual(checkpoint);
    bytes.fill(0);
    expect(again).toEqual(checkpoint);
  });

  it('is refused where it is damaged, or of another format', async () => {
    const bytes = await encodeCheckpoint(checkpoint);
    const damaged = bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
    await expect(decodeCheckpoint(damaged)).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(decodeCheckpoint(bytes.subarray(0, -4))).rejects.toMatchObject({ code: 'CORRUPT' });
    const newer = await seal({ format: 3 }, []);
    await expect(decodeCheckpoint(newer)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('format 3, this version reads 2'),
    });
  });
});
