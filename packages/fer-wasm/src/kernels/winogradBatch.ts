import type { Workspace } from '../heap.js';
import type { Addresses, Geometry } from './geometry.js';

/** The side of a tile of outputs, as in assembly/winogradBatch.ts. */
export type BatchSide = 3 | 6;

/** How much of L2 the transformed filter of a group of panels may take. */
const GROUP_BYTES = 1280 * 1024;
const MOST_PANELS = 4;
/** How much of L2 the transformed gradient of a group of panels may take. */
const GRADIENT_GROUP_BYTES = 512 * 1024;
const MOST_GRADIENT_PANELS = 8;
/** The most tiles of 3×3 that are transformed at a time. */
const MOST_TILES = 512;
/** How much of L2 the transformed tiles of 6×6 may take, and the fewest of them for which reading the filter pays. */
const TILE_BYTES = 2 * 1024 * 1024;
const FEWEST_TILES = 24;

/**
 * As `convolve`, by tiles of 3×3 or 6×6 outputs. Input channels must be a multiple of 4, output channels of 8.
 */
export function winogradBatchConvolve(
  workspace: Workspace,
  { x, filter, cached: tensor, y, bias = 0 }: Addresses,
  g: Geometry,
  side: BatchSide,
  { relu = false, rotate = false }: { readonly relu?: boolean; readonly rotate?: boolean },
): void {
  const { threads } = workspace.pool;
  const { aColumn, aRow } = tilesOf(g, side);
  const planes = planesOf(side);
  const images = imagesAtOnce(g, side);
  const k = g.channels;
  const group = panelsAGroup(g.outChannels / 8, planes * k * 32, threads);
  const planeU = group * k * 32 + 64;
  const groups = Math.ceil(g.outChannels / 8 / group);
  const keptBytes = groups * planes * planeU;
  const cached = tensor && workspace.filters.find(tensor, side === 3 ? 'winograd3' : 'winograd6', keptBytes);
  // If there are several batches of tiles, the filter is transformed once.
  const once = !cached && images < g.n;
  const onceBytes = once ? align64(keptBytes) : 0;
  const mostTiles = images * aColumn * aRow;
  const rowV = oddLines(k * 4);
  const planeV = mostTiles * rowV + 64;
  const planeM = Math.ceil(mostTiles / 6) * 6 * group * 32 + 64;
  const inputBytes = 2304 + 4 * k;
  const productBytes = align64(4 * k) + 1024 + (cached || once ? 0 : planes * planeU) + planes * planeM;
  const perThread = oddLines(Math.max(inputBytes, productBytes));
  const v = workspace.scratch(planes * planeV + perThread * threads + onceBytes);
  const scratch = [v + planes * planeV, perThread];
  const kept = once ? { address: v + planes * planeV + perThread * threads, fresh: true } : cached;
  const stored = [...(rotate ? [g.outChannels, k] : [k, g.outChannels]), Number(rotate)];
  if (kept?.fresh) {
    workspace.run('winogradBatchFilter', [filter, kept.address, ...stored, group, planeU, ...scratch, side]);
  }
  for (let first = 0; first < g.n; first += images) {
    const tiles = Math.min(images, g.n - first) * aColumn * aRow;
    const from = x + first * g.height * g.width * k * 4;
    const to = y + first * g.outHeight * g.outWidth * g.outChannels * 4;
    workspace.run('winogradBatchInput', [from, v, tiles, planeV, rowV, 0, ...scratch, ...inputTiles(g, side)]);
    workspace.run('winogradBatchConv', [
      ...[v, filter, kept?.address ?? 0, to, bias, ...stored, group, planeU, tiles, aColumn, aRow],
      ...[g.outHeight, g.outWidth, planeV, rowV, Number(relu), ...scratch, side],
    ]);
  }
}

/**
 * As `convolveFilterGradient`, by tiles of 3×3 or 6×6. Input channels must be a multiple of 4, output channels of 8.
 */
export function winogradBatchFilterGradient(
  workspace: Workspace,
  { x, dy, dw }: { readonly x: number; readonly dy: number; readonly dw: number },
  g: Geometry,
  side: BatchSide,
): void {
  const { threads } = workspace.pool;
  const { aColumn, aRow } = tilesOf(g, side);
  const planes = planesOf(side);
  const images = imagesAtOnce(g, side);
  const mostTiles = images * aColumn * aRow;
  const planeV = oddLines(Math.ceil(g.channels / 6) * mostTiles * 24);
  const planeD = oddLines(g.outChannels * mostTiles * 4);
  const perThread = oddLines(
    Math.max(2304 + 4 * g.channels, 912 + 4 * g.outChannels, planes * 192 + 384 + 4 * mostTiles),
  );
  const v = workspace.scratch(planes * (planeV + planeD) + perThread * threads);
  const d = v + planes * planeV;
  const scratch = [d + planes * planeD, perThread];
  for (let first = 0; first < g.n; first += images) {
    const tiles = Math.min(images, g.n - first) * aColumn * aRow;
    const group = Math.max(1, Math.min(MOST_GRADIENT_PANELS, Math.floor(GRADIENT_GROUP_BYTES / (planes * tiles * 32))));
    const from = x + first * g.height * g.width * g.channels * 4;
    const gradient = dy + first * g.outHeight * g.outWidth * g.outChannels * 4;
    const outputTiles = [g.outHeight, g.outWidth, g.outChannels, aColumn, aRow, 0, 0, side];
    workspace.run('winogradBatchInput', [from, v, tiles, planeV, 0, 1, ...scratch, ...inputTiles(g, side)]);
    workspace.run('winogradBatchGradOutput', [gradient, d, tiles, planeD, ...scratch, 0, 0, ...outputTiles]);
    workspace.run('winogradBatchFilterGrad', [
      ...[v, d, dw, tiles, g.channels, g.outChannels, planeV, planeD, Number(first > 0), group, ...scratch, side],
    ]);
  }
}

function inputTiles(g: Geometry, side: BatchSide): readonly number[] {
  const { aColumn, aRow } = tilesOf(g, side);
  return [g.height, g.width, g.channels, aColumn, aRow, g.padTop, g.padLeft, side];
}

/** Tiles of side × side outputs. */
export function tilesOf(
  { outHeight, outWidth }: Geometry,
  side: BatchSide,
): { readonly aColumn: number; readonly aRow: number } {
  return { aColumn: Math.ceil(outHeight / side), aRow: Math.ceil(outWidth / side) };
}

/** Planes of a transformed tile. */
function planesOf(side: BatchSide): number {
  return (side + 2) ** 2;
}

function imagesAtOnce(g: Geometry, side: BatchSide): number {
  const { aColumn, aRow } = tilesOf(g, side);
  const most = side === 3 ? MOST_TILES : Math.max(FEWEST_TILES, TILE_BYTES / (4 * planesOf(side) * g.channels));
  return Math.min(g.n, Math.max(1, Math.floor(most / (aColumn * aRow))));
}

/**
 * Returns how many panels of 8 channels a thread takes at a time: as many as fit into L2, but few enough to keep all
 * threads busy.
 */
function panelsAGroup(panels: number, panelBytes: number, threads: number): number {
  const most = Math.max(1, Math.min(MOST_PANELS, Math.floor(GROUP_BYTES / panelBytes)));
  // The work of the busiest thread.
  const longest = (group: number) => Math.ceil(Math.ceil(panels / group) / threads) * group;
  let best = most;
  for (let group = most - 1; group > 0; group--) if (longest(group) < longest(best)) best = group;
  return best;
}

function align64(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Rounds bytes up to an odd number of cache lines, so that neighbours don't map to the same sets of the cache. */
function oddLines(bytes: number): number {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines + 1 - (lines % 2));
}
