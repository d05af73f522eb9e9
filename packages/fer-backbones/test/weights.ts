import { Random } from 'fer-core';

/** Arrays of layers, in the order of a file. */
export type Layers = readonly (readonly [
  layer: string,
  weights: readonly (readonly [name: string, shape: number[]])[],
])[];

/** The values that {@link weightsFile} gives an array. */
export function valuesOf(name: string, shape: readonly number[]): Float32Array {
  const random = new Random(name);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-0.3, 0.3));
}

/** A file of weights as Keras 2 writes it: a group a layer, with the attributes that list what is in it. */
export async function weightsFile(layers: Layers): Promise<Uint8Array> {
  const { File, ready } = await import('h5wasm');
  const { FS } = await ready;
  const file = new File('/made.h5', 'w');
  file.create_attribute(
    'layer_names',
    layers.map(([name]) => name),
  );
  file.create_attribute('backend', 'tensorflow');
  for (const [layer, weights] of layers) {
    const group = file.create_group(layer);
    if (weights.length > 0)
      group.create_attribute(
        'weight_names',
        weights.map(([name]) => name),
      );
    for (const [name, shape] of weights) {
      const scope = name.split('/').slice(0, -1).join('/');
      if (scope && !group.get(scope)) group.create_group(scope);
      group.create_dataset({ name, data: valuesOf(name, shape), shape });
    }
  }
  file.close();
  const bytes = FS.readFile('/made.h5');
  FS.unlink('/made.h5');
  return bytes;
}

/** The layers of a narrow VGG of two blocks, called as in the file that Keras publishes. */
export function narrowVgg(): Layers {
  const conv = (block: number, i: number, from: number, to: number) =>
    [
      `block${block}_conv${i}`,
      [
        [`block${block}_conv${i}_W_1:0`, [3, 3, from, to]],
        [`block${block}_conv${i}_b_1:0`, [to]],
      ],
    ] as Layers[number];
  return [
    ['input_1', []],
    conv(1, 1, 3, 4),
    conv(1, 2, 4, 4),
    ['block1_pool', []],
    conv(2, 1, 4, 6),
    ['block2_pool', []],
  ];
}
