import type { Preprocessing, Views } from 'fer-backbones';
import type { GraphBuilder, Name } from '../model/graphBuilder.js';
import { scalar } from './layers/activations.js';
import { Value } from './value.js';

/** The input of a backbone, in the graph. */
export interface Pixels {
  /** [batch, channels, height, width], 0..255. */
  readonly name: Name;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The side of a crop as a fraction of the image's side, as in fer-backbones. */
const CROP = 11 / 12;

/**
 * All views of the images, concatenated along the batch axis, so that the network runs once.
 *
 * fer-backbones resizes the crops and rounds them to bytes. The weights of the resizing are fractions; here they are
 * integers over a common denominator, so that sums are exact and halves round the same way.
 */
export function viewsOf(graph: GraphBuilder, pixels: Pixels, views: Views): { name: Name; count: number } {
  if (views === 'single') return { name: pixels.name, count: 1 };
  const upright = views === 'flip' ? [pixels.name] : cropsOf(graph, pixels);
  const all = [...upright, ...upright.map((name) => mirror(graph, name))];
  return { name: graph.node('views', 'Concat', all, { axis: 0 }), count: all.length };
}

function mirror(graph: GraphBuilder, images: Name): Name {
  return graph.node('mirror', 'Slice', [
    images,
    graph.integers('mirror/starts', [-1]),
    graph.integers('mirror/ends', [-(2 ** 31)]),
    graph.integers('mirror/axes', [3]),
    graph.integers('mirror/steps', [-1]),
  ]);
}

function cropsOf(graph: GraphBuilder, { name, height, width }: Pixels): readonly Name[] {
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [0.5, 0.5],
  ];
  // Sums of up to 255 · denominator must be exact.
  const denominator = 4 * height * width;
  const exact = 255 * denominator < 2 ** 24;
  const constant = (path: string, dims: readonly number[], values: Float64Array) =>
    exact ? graph.floats(path, dims, values) : graph.doubles(path, dims, values);
  const images = exact ? name : graph.node('crop', 'Cast', [name], { to: 11 });
  return corners.map(([down, right]) => {
    const rows = constant('crop/rows', [height, height], resizing(height, down, false));
    const columns = constant('crop/columns', [width, width], resizing(width, right, true));
    const product = graph.node('crop', 'MatMul', [graph.node('crop', 'MatMul', [rows, images]), columns]);
    const quotient = graph.node('crop', 'Div', [
      product,
      constant('crop/denominator', [], Float64Array.of(denominator)),
    ]);
    const values = exact ? quotient : graph.node('crop', 'Cast', [quotient], { to: 1 });
    return graph.node('crop', 'Round', [values]);
  });
}

/**
 * The matrix [size, size] that crops along one side and resizes the crop to the full size, times 2 · size.
 *
 * @param share - Which fraction of the remaining length lies before the crop.
 */
function resizing(size: number, share: number, transposed: boolean): Float64Array {
  const from = Math.round(size * CROP);
  const start = Math.round((size - from) * share);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    // The position of the new pixel's centre within the crop, times 2 · size: an integer.
    const at = Math.min(2 * size * (from - 1), Math.max(0, (2 * i + 1) * from - size));
    const first = Math.floor(at / (2 * size));
    const second = Math.min(from - 1, first + 1);
    const part = at - first * 2 * size;
    for (const [pixel, weight] of [
      [first, 2 * size - part],
      [second, part],
    ]) {
      const [row, column] = transposed ? [start + pixel, i] : [i, start + pixel];
      matrix[row * size + column] += weight;
    }
  }
  return matrix;
}

/** The preprocessed pixels. */
export function preprocessed(graph: GraphBuilder, pixels: Name, how: Preprocessing): Value {
  const { height, width, channels } = how;
  const name = prepare(graph, pixels, how);
  return Value.channelsFirst(graph, 'preprocessing', [height, width, channels], name);
}

function prepare(graph: GraphBuilder, pixels: Name, { values, channels, height, width }: Preprocessing): Name {
  const path = 'preprocessing';
  if (values === 'scale') return graph.node(path, 'Div', [pixels, scalar(graph, path, 255)]);
  if (values === 'standardise') return standardise(graph, pixels, height * width * channels);
  const numbers = (name: string, given: number | readonly number[]) =>
    typeof given === 'number' ? scalar(graph, path, given) : graph.floats(`${path}/${name}`, [channels, 1, 1], given);
  const product = graph.node(path, 'Mul', [pixels, numbers('scale', values.scale)]);
  return graph.node(path, 'Add', [product, numbers('offset', values.offset ?? 0)]);
}

/** (x − mean) / max(deviation, 255/√pixels), for each image. */
function standardise(graph: GraphBuilder, pixels: Name, size: number): Name {
  const path = 'preprocessing';
  const mean = (name: Name) => graph.node(path, 'ReduceMean', [name], { axes: [1, 2, 3], keepdims: 1 });
  const centred = graph.node(path, 'Sub', [pixels, mean(pixels)]);
  const variance = mean(graph.node(path, 'Mul', [centred, centred]));
  const deviation = graph.node(path, 'Sqrt', [variance]);
  const least = scalar(graph, path, 255 / Math.sqrt(size));
  return graph.node(path, 'Div', [centred, graph.node(path, 'Max', [deviation, least])]);
}
