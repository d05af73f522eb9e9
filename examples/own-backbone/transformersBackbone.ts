import {
  breathe,
  checkImages,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  type Images,
  type PartLoader,
  type RunOptions,
} from 'fer-core';

/** The part of transformers.js' (@huggingface/transformers) image feature extraction that is used. */
export interface ImagePipeline {
  (images: readonly object[], options: { pool: boolean }): Promise<{ data: Float32Array; dims: readonly number[] }>;
  dispose(): Promise<unknown>;
}

/** The module. */
export interface Transformers {
  readonly RawImage: new (data: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4) => object;
  pipeline(task: 'image-feature-extraction', model: string): Promise<ImagePipeline>;
}

const KIND = 'transformers-js';

/**
 * A custom backbone: the image feature extraction of transformers.js, with a model that has a pooled output. Its
 * pipeline resizes and normalises images as the model's own configuration says.
 *
 * @param transformers - `await import('@huggingface/transformers')`
 * @param model - E.g. `Xenova/vit-base-patch16-224-in21k`; it is downloaded.
 */
export async function transformersBackbone(
  { RawImage, pipeline }: Transformers,
  model: string,
): Promise<FeatureExtractor<Images>> {
  const extract = await pipeline('image-feature-extraction', model);
  const featuresOf = async ({ images, n, height, width, channels }: Images) => {
    const size = height * width * channels;
    const each = Array.from({ length: n }, (_, i) => {
      return new RawImage(images.slice(i * size, (i + 1) * size), width, height, channels as 1 | 3);
    });
    return extract(each, { pool: true });
  };
  const black = { images: new Uint8Array(48 * 48 * 3), n: 1, height: 48, width: 48, channels: 3 };
  const [, columns] = (await featuresOf(black)).dims;
  return {
    outputSize: columns,
    async transform(x: Images, { signal, onProgress }: RunOptions = {}): Promise<FeatureMatrix> {
      checkImages(x);
      const data = new Float32Array(x.n * columns);
      const size = x.height * x.width * x.channels;
      for (let i = 0; i < x.n; i++) {
        await breathe(signal);
        const one = { ...x, images: x.images.subarray(i * size, (i + 1) * size), n: 1 };
        data.set((await featuresOf(one)).data, i * columns);
        onProgress?.({ kind: 'transform', done: i + 1, total: x.n });
      }
      return { data, rows: x.n, columns };
    },
    // transformers.js manages the model's weights, so the name is enough.
    serialize: async () => ({ kind: KIND, config: { model, columns }, files: new Map() }),
    dispose: () => void extract.dispose(),
  };
}

/** A loader for `loadClassifier(folder, { backbones: [...backbones, transformersLoader(transformers)], heads })`. */
export function transformersLoader(transformers: Transformers): PartLoader<FeatureExtractor<Images>> {
  return {
    kind: KIND,
    async load({ config }) {
      if (typeof config.model !== 'string') throw new FerError('CORRUPT', 'the saved backbone names no model.');
      return transformersBackbone(transformers, config.model);
    },
  };
}
