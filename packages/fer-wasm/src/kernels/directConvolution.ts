import { align16, type Workspace } from '../heap.js';
import type { Addresses, Geometry } from './geometry.js';
import { fasterByTaps, tapBytes } from './tapConvolution.js';

/** How much of L2 the input of a block of output rows may take. */
const BLOCK_BYTES = 192 * 1024;
/** The most output pixels per block, so that the output stays in L2 too. */
const BLOCK_PIXELS = 768;
/** The same for the gradient of the filter, where a panel of dy and a column of patches share L1. */
const GRADIENT_BLOCK_PIXELS = 256;
/** Into how many parts the sum of a filter's gradient is divided, if the filter is small and the pixels are many. */
const GRADIENT_PARTS = 8;
const MOST_PART_ELEMENTS = 16384;
const FEWEST_PART_PIXELS = 2048;

/**
 * A convolution as a product of patches and the packed filter, or of the pixels that each tap of the kernel sees.
 *
 * @param pack - Lays the filter out at an address, as packFilter does.
 */
export function convolveDirectly(
  workspace: Workspace,
  addresses: Omit<Addresses, 'filter'>,
  g: Geometry,
  relu: boolean,
  pack: (to: number) => void,
): void {
  const { threads } = workspace.pool;
  const k = g.kernelHeight * g.kernelWidth * g.channels;
  const panels = Math.ceil(g.outChannels / 8);
  const byTaps = fasterByTaps(g);
  const block = evenRows(g, blockRows(g, BLOCK_PIXELS), threads);
  const blockBytes = align16(256 + align16(4 * k) + align16(4 * block * g.outWidth) + laidBytes(g, block));
  const perThread = byTaps ? tapBytes(g) : blockBytes;
  const packedBytes = align16(panels * k * 32);
  const biasBytes = addresses.bias ? align16(panels * 32) : 0;
  const kept = addresses.cached && workspace.filters.find(addresses.cached, 'direct', packedBytes);
  const scratch = workspace.scratch((kept ? 0 : packedBytes) + biasBytes + perThread * threads);
  const packed = kept?.address ?? scratch;
  const rest = kept ? scratch : scratch + packedBytes;
  const bias = addresses.bias ? rest : 0;
  if (!kept || kept.fresh) pack(packed);
  if (addresses.bias) {
    workspace.clear(bias, biasBytes);
    workspace.copy(addresses.bias, bias, 4 * g.outChannels);
  }
  workspace.run(byTaps ? 'convByTaps' : 'conv', [
    ...[addresses.x, packed, addresses.y, bias, rest + biasBytes, perThread],
    ...geometryWords(g, block),
    Number(relu),
  ]);
}

/** dw = Σ patchᵀ·dy, as a sum of outer products over the output pixels. All arguments are addresses. */
export function filterGradientDirectly(workspace: Workspace, x: number, dy: number, dw: number, g: Geometry): void {
  const block = blockRows(g, GRADIENT_BLOCK_PIXELS);
  const perThread = align16(256 + align16(4 * block * g.outWidth) + laidBytes(g, block));
  const size = g.kernelHeight * g.kernelWidth * g.channels * g.outChannels;
  const parts = gradientParts(g, size);
  const partBytes = parts > 1 ? align16(4 * parts * size) : 0;
  const scratch = workspace.scratch(partBytes + perThread * workspace.pool.threads);
  const sums = parts > 1 ? scratch : dw;
  workspace.clear(sums, 4 * parts * size);
  workspace.run('convFilterGrad', [x, dy, sums, parts, scratch + partBytes, perThread, ...geometryWords(g, block)]);
  if (parts > 1) workspace.run('partSumsOfFloats', [sums, dw, size, parts], parts * size);
}

/**
 * Returns how many ranges of output rows are summed apart. Rows of a small filter's gradient are too few to be shared
 * evenly by threads.
 */
function gradientParts(g: Geometry, size: number): number {
  return size <= MOST_PART_ELEMENTS && g.n * g.outHeight * g.outWidth >= FEWEST_PART_PIXELS ? GRADIENT_PARTS : 1;
}

function geometryWords(g: Geometry, block: number): readonly number[] {
  return [
    ...[g.n, g.height, g.width, g.channels, g.outHeight, g.outWidth, g.outChannels, g.kernelHeight, g.kernelWidth],
    ...[g.strideY, g.strideX, g.padTop, g.padLeft, g.dilationY, g.dilationX, g.gapY, g.gapX, block],
  ];
}

/** Returns the output rows per block: as many as keep its input within {@link BLOCK_BYTES}, but at least one. */
function blockRows(g: Geometry, mostPixels: number): number {
  const lineBytes = ((g.outWidth - 1) * g.strideX + (g.kernelWidth - 1) * g.dilationX + 1) * g.channels * 4;
  const windowLines = (g.kernelHeight - 1) * g.dilationY + 1;
  const linesAnImage = (g.outHeight - 1) * g.strideY + windowLines;
  const wholeImages = Math.floor(BLOCK_BYTES / (linesAnImage * lineBytes)) * g.outHeight;
  const part = Math.floor((BLOCK_BYTES / lineBytes - windowLines) / g.strideY) + 1;
  const rows = wholeImages > 0 ? wholeImages : Math.min(part, g.outHeight);
  return Math.max(1, Math.min(rows, Math.floor(mostPixels / g.outWidth), g.n * g.outHeight));
}

/** Returns the rows per block, at most `most`, with which all threads get equally many blocks of one size. */
function evenRows(g: Geometry, most: number, threads: number): number {
  const rows = g.n * g.outHeight;
  return Math.ceil(rows / (threads * Math.ceil(rows / (threads * most))));
}

/** Returns an upper bound of the bytes of a block's laid-out input, wherever its first row lies in an image. */
function laidBytes(g: Geometry, block: number): number {
  const lineBytes = ((g.outWidth - 1) * g.strideX + (g.kernelWidth - 1) * g.dilationX + 1) * g.channels * 4;
  const windowLines = (g.kernelHeight - 1) * g.dilationY + 1;
  // A part of an image takes (rows − 1) · stride + window lines. If strides skip lines, fewer images mean more lines.
  const most = Math.min(block, Math.ceil((block - 1) / g.outHeight) + 1);
  const images = g.strideY > windowLines ? Math.ceil(block / g.outHeight) : most;
  const lines = (block - images) * g.strideY + images * windowLines;
  return align16(lines * lineBytes);
}
