import type { Workspace } from '../heap.js';
import type { Addresses, Geometry } from './geometry.js';

/** Planes of a transformed tile, as in assembly/winograd3.ts. */
const PLANES = 25;
/** How much of L2 the transformed filter of a group of panels may take. */
const GROUP_BYTES = 1280 * 1024;
const MOST_PANELS = 4;
/** How much of L2 the transformed gradient of a group of panels may take. */
const GRADIENT_GROUP_BYTES = 512 * 1024;
const MOST_GRADIENT_PANELS = 8;
/** The most tiles that are transformed at a time. */
const MOST_TILES = 512;

/** As `convolve`, by F(3×3, 3×3). Input channels must be a multiple of 4, output channels of 8. */
export function winograd3Convolve(
  workspace: Workspace,
  { x, filter, filterData, y, bias = 0 }: Addresses,
  g: Geometry,
  { relu = false, rotate = false }: { readonly relu?: boolean; readonly rotate?: boolean },
): void {
  const { threads } = workspace.pool;
  const { aColumn, aRow } = tilesOf(g);
  const images = imagesAtOnce(g);
  const k = g.channels;
  const group = panelsAGroup(g.outChannels / 8, k, threads);
  const planeU = group * k * 32 + 64;
  const groups = Math.ceil(g.outChannels / 8 / group);
  const keptBytes = groups * PLANES * planeU;
  const kept = filterData && workspace.filters.find(filterData, 'winograd3', keptBytes);
  const mostTiles = images * aColumn * aRow;
  const rowV = oddLines(k * 4);
  const planeV = mostTiles * rowV + 64;
  const planeM = Math.ceil(mostTiles / 6) * 6 * group * 32 + 64;
  const inputBytes = 912 + 4 * k;
  const productBytes = align64(4 * k) + 832 + (kept ? 0 : PLANES * planeU) + PLANES * planeM;
  const perThread = oddLines(Math.max(inputBytes, productBytes));
  const v = workspace.scratch(PLANES * planeV + perThread * threads);
  const scratch = [v + PLANES * planeV, perThread];
  const stored = [...(rotate ? [g.outChannels, k] : [k, g.outChannels]), Number(rotate)];
  if (kept?.fresh) workspace.run('winograd3Filter', [filter, kept.address, ...stored, group, planeU, ...scratch]);
  for (let first = 0; first < g.n; first += images) {
    const tiles = Math.min(images, g.n - first) * aColumn * aRow;
    const from = x + first * g.height * g.width * k * 4;
    const to = y + first * g.outHeight * g.outWidth * g.outChannels * 4;
    workspace.run('winograd3Input', [from, v, tiles, planeV, rowV, 0, ...scratch, ...inputTiles(g)]);
    workspace.run('winograd3Conv', [
      ...[v, filter, kept?.address ?? 0, to, bias, ...stored, group, planeU, tiles, aColumn, aRow],
      ...[g.outHeight, g.outWidth, planeV, rowV, Number(relu), ...scratch],
    ]);
  }
}

/** As `convolveFilterGradient`, by F(3×3, 3×3). Input channels must be a multiple of 4, output channels of 8. */
export function winograd3FilterGradient(workspace: Workspace, x: number, dy: number, dw: number, g: Geometry): void {
  const { threads } = workspace.pool;
  const { aColumn, aRow } = tilesOf(g);
  const images = imagesAtOnce(g);
  const mostTiles = images * aColumn * aRow;
  const planeV = oddLines(Math.ceil(g.channels / 6) * mostTiles * 24);
  const planeD = oddLines(g.outChannels * mostTiles * 4);
  const perThread = oddLines(
    Math.max(912 + 4 * g.channels, 288 + 4 * g.outChannels, PLANES * 192 + 240 + 4 * mostTiles),
  );
  const v = workspace.scratch(PLANES * (planeV + planeD) + perThread * threads);
  const d = v + PLANES * planeV;
  const scratch = [d + PLANES * planeD, perThread];
  for (let first = 0; first < g.n; first += images) {
    const tiles = Math.min(images, g.n - first) * aColumn * aRow;
    const group = Math.max(1, Math.min(MOST_GRADIENT_PANELS, Math.floor(GRADIENT_GROUP_BYTES / (PLANES * tiles * 32))));
    const from = x + first * g.height * g.width * g.channels * 4;
    const gradient = dy + first * g.outHeight * g.outWidth * g.outChannels * 4;
    const outputTiles = [g.outHeight, g.outWidth, g.outChannels, aColumn, aRow, 0, 0];
    workspace.run('winograd3Input', [from, v, tiles, planeV, 0, 1, ...scratch, ...inputTiles(g)]);
    workspace.run('winograd3GradOutput', [gradient, d, tiles, planeD, ...scratch, 0, 0, ...outputTiles]);
    workspace.run('winograd3FilterGrad', [
      ...[v, d, dw, tiles, g.channels, g.outChannels, planeV, planeD, Number(first > 0), group, ...scratch],
    ]);
  }
}

function inputTiles(g: Geometry): readonly number[] {
  const { aColumn, aRow } = tilesOf(g);
  return [g.height, g.width, g.channels, aColumn, aRow, g.padTop, g.padLeft];
}

/** Tiles of 3×3 outputs. */
export function tilesOf({ outHeight, outWidth }: Geometry): { readonly aColumn: number; readonly aRow: number } {
  return { aColumn: Math.ceil(outHeight / 3), aRow: Math.ceil(outWidth / 3) };
}

function imagesAtOnce(g: Geometry): number {
  const { aColumn, aRow } = tilesOf(g);
  return Math.min(g.n, Math.max(1, Math.floor(MOST_TILES / (aColumn * aRow))));
}

/**
 * Returns how many panels of 8 channels a thread takes at a time: as many as fit into L2, but few enough to keep all
 * threads busy.
 */
function panelsAGroup(panels: number, k: number, threads: number): number {
  const most = Math.max(1, Math.min(MOST_PANELS, Math.floor(GROUP_BYTES / (PLANES * k * 32))));
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
