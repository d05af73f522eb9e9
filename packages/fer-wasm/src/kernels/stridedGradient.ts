import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { convolveDirectly } from './directConvolution.js';
import type { Geometry } from './geometry.js';

/** The pixels p, p + stride, p + 2 · stride … along one side of a strided convolution's input. */
interface Phase {
  /** The number of pixels. */
  readonly size: number;
  /**
   * The first tap of the filter that applies to these pixels (the next ones are `stride` apart), and the number of
   * taps.
   */
  readonly firstTap: number;
  readonly taps: number;
  readonly pad: number;
}

/** The phases of a strided convolution's input, along both sides. */
export interface Phases {
  readonly y: readonly Phase[];
  readonly x: readonly Phase[];
}

/** Convolutions with more phases than this are not decomposed: a kernel takes no more arguments. */
const MOST_PHASES = 36;

/** Returns `undefined` if there are too many phases, or if a padding is wider than the window allows. */
export function phasesOf(g: Geometry): Phases | undefined {
  if (g.dilationY * g.dilationX !== 1 || g.strideY * g.strideX > MOST_PHASES) return undefined;
  const y = along(g.height, g.kernelHeight, g.strideY, g.padTop);
  const x = along(g.width, g.kernelWidth, g.strideX, g.padLeft);
  return [...y, ...x].some(({ taps, pad }) => taps > 0 && pad < 0) ? undefined : { y, x };
}

/**
 * The taps a that apply to input pixel s·i + p are those with a ≡ p + padding modulo the stride s. With a = a₀ + s·t,
 * tap a pairs the pixel with output pixel i + (p + padding − a₀)/s − t. So each phase is a convolution of stride 1 with
 * its taps in reverse.
 */
function along(size: number, kernel: number, stride: number, padding: number): readonly Phase[] {
  return Array.from({ length: stride }, (_, p) => {
    const firstTap = (p + padding) % stride;
    const taps = Math.max(0, Math.ceil((kernel - firstTap) / stride));
    const pad = taps - 1 - Math.floor((p + padding) / stride);
    return { size: Math.max(0, Math.ceil((size - p) / stride)), firstTap, taps, pad };
  });
}

/**
 * The gradient of a strided convolution's input. For each phase it convolves dy with the taps that apply to that phase.
 * The alternative, one convolution of dy spaced by zeros, would mostly multiply by zeros.
 */
export function inputGradientByPhases(
  workspace: Workspace,
  { dy, filter, dx }: Readonly<Record<'dy' | 'filter' | 'dx', TensorInfo>>,
  g: Geometry,
  { y, x }: Phases,
): void {
  const [from, weights] = [dy, filter].map((tensor) => workspace.address(tensor));
  const seen = y.flatMap((down) => x.map((right) => ({ down, right })));
  const sizes = seen.map(({ down, right }) =>
    down.taps * right.taps > 0 ? g.n * down.size * right.size * g.channels : 0,
  );
  const parts = workspace.output([sizes.reduce((sum, size) => sum + size, 0)]);
  let at = workspace.address(parts);
  const addresses = seen.map(({ down, right }, i) => {
    if (sizes[i] === 0) return 0;
    const address = at;
    at += 4 * sizes[i];
    const words = [g.channels, g.outChannels, g.kernelWidth, down.firstTap, right.firstTap, g.strideY, g.strideX];
    convolveDirectly(workspace, { x: from, y: address }, phaseGeometry(g, down, right), false, (packed) => {
      const packedSize = down.taps * right.taps * g.channels * g.outChannels;
      workspace.run('packPhase', [weights, packed, ...words, down.taps, right.taps], packedSize);
    });
    return address;
  });
  const target = workspace.address(dx);
  workspace.run('interleave', [target, g.n, g.height, g.width, g.channels, g.strideY, g.strideX, ...addresses]);
  workspace.release(parts);
}

function phaseGeometry(g: Geometry, down: Phase, right: Phase): Geometry {
  return {
    n: g.n,
    height: g.outHeight,
    width: g.outWidth,
    channels: g.outChannels,
    outHeight: down.size,
    outWidth: right.size,
    outChannels: g.channels,
    kernelHeight: down.taps,
    kernelWidth: right.taps,
    strideY: 1,
    strideX: 1,
    padTop: down.pad,
    padLeft: right.pad,
    dilationY: 1,
    dilationX: 1,
    gapY: 1,
    gapX: 1,
  };
}
