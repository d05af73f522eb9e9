import {
  argmaxRows,
  type Classifier,
  type Dataset,
  type FeatureMatrix,
  type Head,
  type Images,
  type PipedClassifier,
  pipe,
  type RunOptions,
} from 'fer-core';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { CalibratedMeansHead, MeansHead, tinyBackbone } from './tiny.js';

const dataset: Dataset = {
  images: Uint8Array.of(0, 0, 0, 8, 0, 0, 8, 0, 200, 200, 0, 0, 220, 180, 0, 0),
  n: 4,
  height: 2,
  width: 2,
  channels: 1,
  labels: Uint8Array.of(0, 0, 1, 1),
  classes: ['dark', 'bright'],
};

describe('pipe', () => {
  it('is the head on the features of the backbone', async () => {
    const [backbone, head] = [tinyBackbone(), new MeansHead()];
    const classifier = pipe(backbone, head);
    expect(classifier.classes).toEqual([]);
    expect(await classifier.fit(dataset, dataset)).toMatchObject({ converged: true });
    expect(classifier.classes).toEqual(['dark', 'bright']);
    expect(classifier).toMatchObject({ backbone, head });
    const scores = await classifier.decisionFunction(dataset);
    expect(scores).toEqual(await head.decisionFunction(await backbone.transform(dataset)));
    expect([...(await classifier.predict(dataset))]).toEqual([0, 0, 1, 1]);
    expect(argmaxRows(scores)).toEqual(await classifier.predict(dataset));
  });

  it('refuses a backbone that gives other rows than images', async () => {
    const backbone = tinyBackbone();
    const all = await backbone.transform(dataset);
    const { columns } = all;
    const fitted = pipe(backbone, new MeansHead());
    await fitted.fit(dataset);
    const fewer = { data: all.data.slice(0, columns), rows: 1, columns };
    const cut = { ...all, data: all.data.slice(1) };
    for (const features of [fewer, cut]) {
      const broken = pipe({ ...backbone, transform: async () => features }, fitted.head);
      await expect(broken.predict(dataset)).rejects.toMatchObject({ code: 'INVALID_DATA' });
      await expect(broken.fit(dataset)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    }
  });

  it('has predictProba only if the head has it', async () => {
    expect('predictProba' in pipe(tinyBackbone(), new MeansHead())).toBe(false);
    const [backbone, head] = [tinyBackbone(), new CalibratedMeansHead()];
    const classifier = pipe(backbone, head);
    await classifier.fit(dataset, dataset);
    expect(await classifier.predictProba?.(dataset)).toEqual(
      await head.predictProba(await backbone.transform(dataset)),
    );
  });

  it('hands progress and cancellation to both', async () => {
    const [backbone, head] = [tinyBackbone(), new CalibratedMeansHead()];
    const calls = [
      vi.spyOn(backbone, 'transform'),
      ...(['fit', 'decisionFunction', 'predict', 'predictProba'] as const).map((method) => vi.spyOn(head, method)),
    ];
    const classifier = pipe(backbone, head);
    const options = { signal: new AbortController().signal };
    await classifier.fit(dataset, dataset, options);
    await classifier.decisionFunction(dataset, options);
    await classifier.predict(dataset, options);
    await classifier.predictProba?.(dataset, options);
    expect(calls.map((call) => call.mock.calls[0].at(-1))).toEqual(new Array(5).fill(options));
    expect(calls[0]).toHaveBeenCalledTimes(4);
  });

  it('finds labels that do not match before it computes features', async () => {
    const backbone = tinyBackbone();
    const transform = vi.spyOn(backbone, 'transform');
    const short = { ...dataset, labels: Uint8Array.of(0, 1) };
    await expect(pipe(backbone, new MeansHead()).fit(dataset, short)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(transform).not.toHaveBeenCalled();
  });

  it('refuses a backbone whose files would be the head’s', async () => {
    const backbone = tinyBackbone();
    backbone.serialize = async () => ({
      kind: 'rude',
      config: {},
      files: new Map([['head/means.bin', Uint8Array.of()]]),
    });
    const classifier = pipe(backbone, new MeansHead());
    await classifier.fit(dataset, dataset);
    await expect(classifier.serialize()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('disposes both', () => {
    const [backbone, head] = [tinyBackbone(), new MeansHead()];
    const dispose = vi.spyOn(head, 'dispose');
    pipe(backbone, head).dispose();
    expect(backbone.disposed).toBe(true);
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('takes the labels that a data set carries', async () => {
    const [one, two] = [pipe(tinyBackbone(), new MeansHead()), pipe(tinyBackbone(), new MeansHead())];
    await one.fit(dataset, dataset);
    await two.fit(dataset);
    expect(await two.decisionFunction(dataset)).toEqual(await one.decisionFunction(dataset));
    const { labels: _, ...unlabelled } = dataset;
    await expect(two.fit(unlabelled)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('passes the backbone only the options of every call', async () => {
    const backbone = tinyBackbone();
    const transform = vi.spyOn(backbone, 'transform');
    const options = { start: 'here' } as RunOptions;
    await pipe(backbone, new MeansHead()).fit(dataset, dataset, options);
    expect(Object.keys(transform.mock.calls[0][1] ?? {})).toEqual(['onProgress', 'signal']);
  });

  it('disposes both parts once, the head also if the backbone fails, and refuses use afterwards', async () => {
    const [backbone, head] = [tinyBackbone(), new MeansHead()];
    const disposed = [vi.spyOn(backbone, 'dispose'), vi.spyOn(head, 'dispose')];
    const classifier = pipe(backbone, head);
    await classifier.fit(dataset);
    disposed[0].mockImplementationOnce(() => {
      throw new Error('no');
    });
    expect(() => classifier.dispose()).toThrow('no');
    classifier.dispose();
    expect(disposed.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    await expect(classifier.predict(dataset)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/was disposed/),
    });
  });
});

it('the types allow only what fits', () => {
  const [backbone, head] = [tinyBackbone(), new MeansHead()];
  const classifier = pipe(backbone, head);
  expectTypeOf(classifier).toExtend<PipedClassifier>();
  expectTypeOf(classifier.head).toEqualTypeOf<MeansHead>();
  expectTypeOf(classifier).toExtend<Classifier<Images>>();
  expectTypeOf<PipedClassifier>().not.toExtend<Head>();
  expectTypeOf(classifier.predictProba).extract<undefined>().toEqualTypeOf<undefined>();
  expectTypeOf<Dataset>().toExtend<Images>();
  expectTypeOf<Images>().not.toExtend<FeatureMatrix>();

  // Compiled, never called.
  const mistakes = (): unknown[] => [
    // @ts-expect-error A head is no backbone.
    pipe(head, head),
    // @ts-expect-error A backbone is no head.
    pipe(backbone, backbone),
    // @ts-expect-error A classifier of images is no head.
    pipe(backbone, classifier),
    // @ts-expect-error A head takes features, not images.
    head.fit(dataset, dataset),
    // @ts-expect-error A classifier of images takes no features.
    classifier.predict({ data: new Float32Array(4), rows: 1, columns: 4 }),
    // @ts-expect-error Not every classifier has probabilities.
    classifier.predictProba(dataset),
    // @ts-expect-error Images without labels teach nothing.
    classifier.fit(dataset, dataset as Images),
    // @ts-expect-error Pixels are bytes.
    classifier.predict({ ...dataset, images: new Float32Array(16) }),
  ];
  expect(mistakes).toBeTypeOf('function');
});
