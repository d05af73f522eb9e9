import type { FeatureMatrix, Labels, RunOptions } from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { CalibratedMeansHead, MeansHead } from './tiny.js';

type Mistake = [promise: RegExp, head: new () => MeansHead];

const mistakes: Record<string, Mistake> = {
  'answers before fit': [
    /decisionFunction before fit/,
    class extends MeansHead {
      override async decisionFunction(x: FeatureMatrix) {
        return this.means.length === 0 ? x : super.decisionFunction(x);
      }
    },
  ],
  'throws the wrong error before fit': [
    /predict before fit throws a FerError NOT_FITTED/,
    class extends MeansHead {
      override async predict(x: FeatureMatrix) {
        if (this.means.length === 0) throw new TypeError('means is undefined');
        return super.predict(x);
      }
    },
  ],
  'saves nothing before fit': [
    /serialize before fit/,
    class extends MeansHead {
      override async serialize() {
        if (this.means.length === 0) return { kind: 'means', config: { classes: [], columns: 0 }, files: new Map() };
        return super.serialize();
      }
    },
  ],
  'takes too few labels': [
    /too few labels/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        return super.fit(
          { ...x, data: x.data.slice(0, y.labels.length * x.columns), rows: y.labels.length },
          y,
          options,
        );
      }
    },
  ],
  'has classes before fit': [
    /classes are empty before fit/,
    class extends MeansHead {
      override classes: readonly string[] = ['a', 'b', 'c'];
    },
  ],
  'goes on though aborted': [
    /aborted fit rejects with the signal's reason \(got undefined\)/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels) {
        return super.fit(x, y);
      }
    },
  ],
  'rejects an abort with an error of its own': [
    /aborted fit rejects with the signal's reason \(got Error: stopped\)/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        if (options?.signal?.aborted) throw new Error('stopped');
        return super.fit(x, y, options);
      }
    },
  ],
  'scores NaN features': [
    /decisionFunction with a NaN feature/,
    class extends MeansHead {
      override async decisionFunction(x: FeatureMatrix) {
        return super.decisionFunction({ ...x, data: x.data.map((value) => value || 0) });
      }
    },
  ],
  'takes NaN': [
    /fit with a NaN feature/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        return super.fit({ ...x, data: x.data.map((value) => value || 0) }, y, options);
      }
    },
  ],
  'scales its input in place': [
    /leaves its input/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        const result = await super.fit(x, y, options);
        x.data[0] *= 2;
        return result;
      }
    },
  ],
  'forgets the classes': [
    /classes are those of the labels/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        const result = await super.fit(x, y, options);
        this.classes = ['a', 'b'];
        return result;
      }
    },
  ],
  'does not say whether it converged': [
    /reports converged/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        return { ...(await super.fit(x, y, options)), objective: NaN };
      }
    },
  ],
  'predicts other than its scores': [
    /argmax/,
    class extends MeansHead {
      override async predict(x: FeatureMatrix) {
        return (await super.predict(x)).map((label) => 2 - label);
      }
    },
  ],
  'predicts too few': [
    /argmax/,
    class extends MeansHead {
      override async predict(x: FeatureMatrix) {
        return (await super.predict(x)).slice(1);
      }
    },
  ],
  'learns nothing': [
    /separable blobs/,
    class extends MeansHead {
      override async decisionFunction(x: FeatureMatrix) {
        const scores = await super.decisionFunction(x);
        return { ...scores, data: scores.data.map((value) => -value) };
      }
    },
  ],
  'calls scores probabilities': [
    /sum to 1/,
    class extends CalibratedMeansHead {
      override async predictProba(x: FeatureMatrix) {
        return this.decisionFunction(x);
      }
    },
  ],
  'has probabilities below 0': [
    /in 0\.\.1/,
    class extends CalibratedMeansHead {
      override async predictProba(x: FeatureMatrix) {
        const { data, ...shape } = await super.predictProba(x);
        return { ...shape, data: data.map((_, i) => [2, -1, 0][i % 3]) };
      }
    },
  ],
  'keeps what it learned before': [
    /refit/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        const before = this.means[0]?.slice();
        const result = await super.fit(x, y, options);
        if (before) this.means[0].set(before);
        return result;
      }
    },
  ],
  'depends on chance': [
    /refit/,
    class extends MeansHead {
      override async fit(x: FeatureMatrix, y: Labels, options?: RunOptions) {
        const result = await super.fit(x, y, options);
        this.means[0][0] += 1e-3 * (1 + instances++);
        return result;
      }
    },
  ],
  'takes too few columns': [
    /too few columns/,
    class extends MeansHead {
      override async decisionFunction(x: FeatureMatrix) {
        if (x.columns > 1) return super.decisionFunction(x);
        return { data: new Float32Array(x.rows * 3), rows: x.rows, columns: 3 };
      }
    },
  ],
  'saves too little': [
    /loaded head gives the same scores/,
    class extends MeansHead {
      override async serialize() {
        const part = await super.serialize();
        return {
          ...part,
          files: new Map([...part.files].map(([name, bytes]) => [name, new Uint8Array(bytes.length)])),
        };
      }
    },
  ],
};

let instances = 0;

describe('checkHead', () => {
  it('passes heads that keep the promises', async () => {
    await checkHead(() => new MeansHead(), MeansHead.loader);
    const composite = { kind: 'pair', compose: () => Promise.reject(new Error('no pair was saved')) };
    await checkHead(() => new MeansHead(), [MeansHead.loader, composite]);
    await checkHead(() => new CalibratedMeansHead());
  });

  it.each(Object.entries(mistakes))('catches a head that %s', async (_, [promise, Head]) => {
    const checking = checkHead(() => new Head(), MeansHead.loader);
    await expect(checking).rejects.toThrow(/^broken promise: /);
    await expect(checking).rejects.toThrow(promise);
  });
});
