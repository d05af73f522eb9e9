import type { FeatureExtractor, FeatureMatrix, Images } from 'fer-core';

/** What a backbone makes of faces, remembered: asked for as each is recorded, nothing is left to do when training. */
export class FaceFeatures {
  readonly #known = new WeakMap<FeatureExtractor<Images>, WeakMap<Images, Float32Array>>();

  /** Of one face. */
  async of(face: Images, backbone: FeatureExtractor<Images>): Promise<Float32Array> {
    const known = this.#known.get(backbone) ?? new WeakMap<Images, Float32Array>();
    this.#known.set(backbone, known);
    const features = known.get(face) ?? (await backbone.transform(face)).data;
    known.set(face, features);
    return features;
  }

  /** Of several, a row each. */
  async all(faces: readonly Images[], backbone: FeatureExtractor<Images>): Promise<FeatureMatrix> {
    const columns = backbone.outputSize;
    const data = new Float32Array(faces.length * columns);
    for (const [i, face] of faces.entries()) data.set(await this.of(face, backbone), i * columns);
    return { data, rows: faces.length, columns };
  }
}
