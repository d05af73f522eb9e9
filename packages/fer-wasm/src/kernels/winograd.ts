import { align16, type Workspace } from '../heap.js';
import type { Addresses, Geometry } from './geometry.js';
import { type BatchSide, tilesOf as batchTilesOf } from './winogradBatch.js';

/** How much of L2 a block of tiles may take, transformed and multiplied. */
const BLOCK_BYTES = 320 * 1024;
/** The same for the gradient of the filter, whose blocks all threads work on together. */
const GRADIENT_BLOCK_BYTES = 2 * 1024 * 1024;
/** The fewest tiles per block for which reading the filter pays; a filter that doesn't fit in L3 needs more. */
const FEWEST_TILES = 24;
const FEWEST_TILES_LARGE = 96;
const LARGE_FILTER_BYTES = 4 * 1024 * 1024;
const FEWEST_CHANNELS = 16;

/**
 * The estimated cost of a channel pair, in nanoseconds on one core. Direct convolution takes 9 multiply-adds per
 * output. Winograd convolution takes 36 per tile, and writes and reads the transformed filter once. Transforming the
 * images adds about a quarter.
 */
const DIRECT_COST = 0.4;
const TILE_COST = 1.6;
const FILTER_COST = 30;
/** The same for tiles of 3×3, of 25 multiplications, and of 6×6, of 64, whose transformed filter stays in L2. */
const BATCH_COST = {
  3: { tile: 1.15, transform: 0, filter: 12 },
  6: { tile: 3.1, transform: 16, filter: 30 },
} as const;
const LEAST_GAIN = 1.25;

/**
 * Returns the side of the tiles, 3, 4 or 6 outputs, if Winograd convolution is faster than direct convolution. Returns
 * `undefined` if it isn't, and for anything but 3×3 at stride 1.
 */
export function winogradTiles(g: Geometry): 4 | BatchSide | undefined {
  const plain = g.kernelHeight === 3 && g.kernelWidth === 3 && g.strideY * g.strideX * g.gapY * g.gapX === 1;
  const channels = g.channels >= FEWEST_CHANNELS && g.outChannels >= FEWEST_CHANNELS && g.channels % 4 === 0;
  if (!plain || g.dilationY * g.dilationX !== 1 || !channels) return undefined;
  const direct = DIRECT_COST * g.n * g.outHeight * g.outWidth;
  let [best, least]: [side: 4 | BatchSide, cost: number] = [4, TILE_COST * g.n * tilesOf(g).anImage + FILTER_COST];
  if (g.outChannels % 8 === 0) {
    for (const side of [3, 6] as const) {
      const cost = batchCost(g, side);
      if (cost < least) [best, least] = [side, cost];
    }
  }
  return direct / least < LEAST_GAIN ? undefined : best;
}

function batchCost(g: Geometry, side: BatchSide): number {
  const { aColumn, aRow } = batchTilesOf(g, side);
  const { tile, transform, filter } = BATCH_COST[side];
  return (tile + transform * (1 / g.channels + 1 / g.outChannels)) * g.n * aColumn * aRow + filter;
}

/** As winogradTiles, for the gradient of the filter. */
export function winogradGradientTiles(g: Geometry): 4 | BatchSide | undefined {
  return g.outChannels % 8 === 0 ? winogradTiles(g) : undefined;
}

/** As `convolve`. */
export function winogradConvolve(
  workspace: Workspace,
  addresses: Addresses,
  g: Geometry,
  options: { readonly relu?: boolean; readonly rotate?: boolean },
): void {
  const { threads } = workspace.pool;
  const padded = Math.ceil(g.outChannels / 8) * 8;
  const total = g.n * tilesOf(g).anImage;
  const filterBytes = planes(padded, g.channels);
  const fewest = filterBytes > LARGE_FILTER_BYTES ? FEWEST_TILES_LARGE : FEWEST_TILES;
  const fitting = Math.floor(BLOCK_BYTES / (144 * (g.channels + padded)));
  const block = Math.ceil(Math.min(Math.max(fitting, fewest), total / threads) / 6) * 6;
  const biasBytes = addresses.bias ? align16(padded * 4) : 0;
  const perThread =
    align16(g.channels * 4) + 32 + 832 + 24 * g.channels + planes(block, g.channels) + planes(block, padded);
  const kept = addresses.cached && workspace.filters.find(addresses.cached, 'winograd', filterBytes);
  const start = workspace.scratch((kept ? 0 : filterBytes) + biasBytes + perThread * threads);
  const filter = kept?.address ?? start;
  const rest = kept ? start : start + filterBytes;
  const bias = addresses.bias ? rest : 0;
  const scratch = rest + biasBytes;
  const channels = options.rotate ? [g.outChannels, g.channels] : [g.channels, g.outChannels];
  if (!kept || kept.fresh) {
    const words = [addresses.filter, filter, ...channels, Number(options.rotate ?? false), scratch, 288];
    workspace.run('winogradFilter', words, 45 * g.channels * g.outChannels);
  }
  if (addresses.bias) {
    workspace.clear(bias, biasBytes);
    workspace.copy(addresses.bias, bias, 4 * g.outChannels);
  }
  workspace.run('winogradConv', [
    ...[addresses.x, filter, addresses.y, bias, scratch, perThread, g.n, g.height, g.width, g.channels],
    ...[g.outHeight, g.outWidth, g.outChannels, g.padTop, g.padLeft, block, Number(options.relu ?? false)],
  ]);
}

/** As `convolveFilterGradient`. */
export function winogradFilterGradient(workspace: Workspace, x: number, dy: number, dw: number, g: Geometry): void {
  const { threads } = workspace.pool;
  const { aColumn, aRow, anImage } = tilesOf(g);
  const total = g.n * anImage;
  const block = Math.min(
    total,
    Math.max(FEWEST_TILES_LARGE, Math.floor(GRADIENT_BLOCK_BYTES / (144 * (g.channels + g.outChannels)))),
  );
  const inputBytes = planes(block, g.channels);
  const outputBytes = planes(block, g.outChannels);
  const sumBytes = 36 * Math.ceil(g.channels / 6) * 6 * g.outChannels * 4;
  const perThread = align16(Math.max(576 + 24 * g.channels, 640, 4 * block));
  const input = workspace.scratch(inputBytes + outputBytes + sumBytes + perThread * threads);
  const output = input + inputBytes;
  const sums = output + outputBytes;
  const scratch = [sums + sumBytes, perThread];
  workspace.clear(sums, sumBytes);
  for (let first = 0; first < total; first += block) {
    const count = Math.min(block, total - first);
    workspace.run('winogradGradInput', [
      ...[x, input, first, count, block, ...scratch, g.height, g.width, g.channels, aColumn, aRow, g.padTop, g.padLeft],
    ]);
    workspace.run('winogradGradOutput', [
      ...[dy, output, first, count, block, ...scratch, g.outHeight, g.outWidth, g.outChannels, aColumn, aRow],
    ]);
    workspace.run('winogradGradProduct', [input, output, sums, count, block, g.channels, g.outChannels, ...scratch]);
  }
  workspace.run(
    'winogradGradFilter',
    [sums, dw, g.channels, g.outChannels, ...scratch],
    45 * g.channels * g.outChannels,
  );
}

/** Bytes of 36 planes, as assembly/winograd.ts lays them out. */
function planes(rows: number, channels: number): number {
  const lines = Math.ceil((rows * channels * 4) / 64);
  return 36 * 64 * (lines + 1 - (lines % 2));
}

/** Tiles of 4×4 outputs. */
function tilesOf({ outHeight, outWidth }: Geometry): { aColumn: number; aRow: number; anImage: number } {
  const [aColumn, aRow] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  return { aColumn, aRow, anImage: aColumn * aRow };
}
