import { layersBackboneLoader, type Preprocessing } from 'fer-backbones';
import { FerError, type JsonObject, type SavedPart, sha256 } from 'fer-core';
import type { GraphBuilder, Name } from '../model/graphBuilder.js';
import { preprocessed, viewsOf } from './images.js';
import { exportNetwork } from './network.js';

/** The features of a backbone, in the graph. */
export interface Features {
  /** [batch, columns]. */
  readonly name: Name;
  readonly columns: number;
}

/** What the model's input must be. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Adds the nodes of backbones that all take the same images. Equal backbones are written once. */
export class BackboneExporter {
  readonly #made = new Map<string, Features>();
  #form: ImageForm | undefined;
  #pixels: Name | undefined;

  /** Descriptions of the exported backbones, for the model's metadata. */
  readonly described: JsonObject[] = [];

  /** @param images - The graph's input: [batch, height, width, channels], 0..255. */
  constructor(
    private readonly graph: GraphBuilder,
    private readonly images: Name,
  ) {}

  /** The sizes of the images, once a backbone has been exported. */
  get form(): ImageForm {
    return this.#form!;
  }

  /** @throws FerError `UNSUPPORTED` if the backbone is not a LayersBackbone, or a layer can't be translated. */
  async export(part: SavedPart): Promise<Features> {
    const key = await digestOf(part);
    const known = this.#made.get(key);
    if (known) return known;
    if (part.kind !== layersBackboneLoader.kind) {
      throw new FerError(
        'UNSUPPORTED',
        `a backbone of the kind "${part.kind}" can't be exported to ONNX: only a LayersBackbone of fer-backbones can.`,
      );
    }
    const backbone = await layersBackboneLoader.load(part);
    try {
      const { preprocessing, views, architecture, model, outputSize } = backbone;
      const pixels = { ...this.#formFor(preprocessing), name: this.#channelsFirst() };
      const { name, count } = viewsOf(this.graph, pixels, views);
      const input = preprocessed(this.graph, name, preprocessing);
      const prefix = this.#made.size === 0 ? '' : `network_${this.#made.size + 1}/`;
      const output = (await exportNetwork(this.graph, prefix, model, input)).toPlain();
      const features = { name: this.#mean(output, count, outputSize), columns: outputSize };
      this.#made.set(key, features);
      this.described.push({ architecture, preprocessing: part.config.preprocessing, views });
      return features;
    } finally {
      backbone.dispose();
    }
  }

  /** The mean over the views, which are concatenated along the batch axis. */
  #mean(features: Name, views: number, columns: number): Name {
    if (views === 1) return features;
    const { graph } = this;
    const shape = graph.integers('views/shape', [views, -1, columns]);
    const apart = graph.node('views', 'Reshape', [features, shape]);
    return graph.node('views', 'ReduceMean', [apart], { axes: [0], keepdims: 0 });
  }

  #channelsFirst(): Name {
    this.#pixels ??= this.graph.node('images', 'Transpose', [this.images], { perm: [0, 3, 1, 2] });
    return this.#pixels;
  }

  #formFor({ height, width, channels }: Preprocessing): ImageForm {
    const form = { height, width, channels };
    this.#form ??= form;
    const [first, other] = [this.#form, form].map((of) => `${of.height}×${of.width}×${of.channels}`);
    if (first !== other) {
      throw new FerError(
        'UNSUPPORTED',
        `one member takes images of ${first}, another of ${other}: an ONNX model has one input, so export them separately.`,
      );
    }
    return form;
  }
}

async function digestOf({ kind, config, files }: SavedPart): Promise<string> {
  const digests = await Promise.all([...files].map(async ([name, bytes]) => `${name} ${await sha256(bytes)}`));
  return JSON.stringify([kind, config, digests.sort()]);
}
