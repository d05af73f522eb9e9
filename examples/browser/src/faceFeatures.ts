import type { FeatureExtractor, FeatureMatrix, Images } from 'fer-core';

/**
 * Caches the features of faces. They are computed when a face is recorded, so that training only has to fit the head.
 */
export class FaceFeatures {
  readonly #known = new WeakMap<FeatureExtractor<Images>, WeakMap<Images, Float32Array>>();

  /** Features of one face. */
  async of(face: Images, backbone: FeatureExtractor<Images>): Promise<Float32Array> {
    const known = this.#known.get(backbone) ?? new WeakMap<Images, Float32Array>();
    this.#known.set(backbone, known);
    const features = known.get(face) ?? (await backbone.transform(face)).data;
    known.set(face, features);
    return features;
  }

  /** Features of several faces, one row per face. */
  async all(faces: readonly Images[], backbone: FeatureExtractor<Images>): Promise<FeatureMatrix> {
    const columns = backbone.outputSize;
    const data = new Float32Array(faces.length * columns);
    for (const [i, face] of faces.entries()) data.set(await this.of(face, backbone), i * columns);
    return { data, rows: faces.length, columns };
  }
}
