/** What the page uses of packages and files without types of their own. */
declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*.css';

/** Its own types hold a second copy of those of tfjs. */
declare module '@vladmandic/face-api/dist/face-api.esm-nobundle.js' {
  export class TinyFaceDetector {
    loadFromWeightMap(weights: import('@tensorflow/tfjs-core').NamedTensorMap): void;
    locateFaces(
      image: HTMLCanvasElement,
      options: { readonly inputSize: number; readonly scoreThreshold: number },
    ): Promise<readonly { readonly box: import('./detector.js').Box; readonly score: number }[]>;
  }
}

declare module '@vladmandic/face-api/model/tiny_face_detector_model-weights_manifest.json' {
  const manifest: readonly { readonly weights: import('@tensorflow/tfjs-core').io.WeightsManifestEntry[] }[];
  export default manifest;
}
