import type { Kernel, Task } from '../contestant.js';

const NETWORK_TASKS: readonly Omit<Task, 'seconds'>[] = [
  { what: 'train', network: 'ShallowCNN', batch: 64 },
  { what: 'layers', network: 'ShallowCNN', batch: 64 },
  { what: 'infer', network: 'ShallowCNN', batch: 64 },
  { what: 'infer', network: 'ShallowCNN', batch: 1 },
  { what: 'train', network: 'VGG16', batch: 16 },
  { what: 'infer', network: 'VGG16', batch: 16 },
  { what: 'infer', network: 'VGG16', batch: 1 },
  { what: 'layers', network: 'MobileNet', batch: 64 },
  ...['compactVgg', 'ResNet', 'half-resolution ResNet', 'mini-XCEPTION'].flatMap((network) =>
    ['train', 'infer'].map((what) => ({ what, network, batch: 64 })),
  ),
];

/** A 3×3 convolution: the size of its images, input and output channels. */
type Layer = readonly [size: number, channels: number, out: number];

const SHALLOW_CNN: readonly Layer[] = [
  [48, 1, 32],
  [46, 32, 32],
  [22, 32, 64],
  [20, 64, 64],
  [9, 64, 128],
];
const VGG16: readonly Layer[] = [
  [48, 3, 64],
  [48, 64, 64],
  [24, 64, 128],
  [24, 128, 128],
  [12, 128, 256],
  [12, 256, 256],
  [6, 256, 512],
  [6, 512, 512],
  [3, 512, 512],
];

const kernelTask = (network: string, kernel: Kernel) => ({ what: 'kernel', network, batch: 0, kernel });

function convolutions(network: string, n: number, layers: readonly Layer[], pad: 'valid' | 'same') {
  return (['convolution', 'input gradient', 'filter gradient'] as const).flatMap((op) =>
    layers
      // The gradient with respect to the images is not needed.
      .filter(([, channels]) => op !== 'input gradient' || channels > 3)
      .map(([size, channels, out]) => kernelTask(network, { op, n, size, channels, out, pad })),
  );
}

/** Depthwise layers of MobileNet. */
function depthwise(n: number, layers: readonly (readonly [size: number, channels: number, stride: number])[]) {
  return (['convolution', 'input gradient', 'filter gradient'] as const).flatMap((op) =>
    layers.map(([size, channels, stride]) =>
      kernelTask('MobileNet', { op, n, size, channels, out: channels, pad: 'same', depthwise: true, stride }),
    ),
  );
}

const product = (network: string, m: number, k: number, n: number, transposeA = false, transposeB = false) =>
  kernelTask(network, { op: 'product', m, k, n, transposeA, transposeB });

/** The timed tasks, in order. */
export const TASKS: readonly Omit<Task, 'seconds'>[] = [
  ...NETWORK_TASKS,
  product('', 512, 512, 512),
  product('ShallowCNN', 64, 1152, 1024),
  product('ShallowCNN', 64, 1024, 1152, false, true),
  product('ShallowCNN', 1152, 64, 1024, true),
  ...convolutions('ShallowCNN', 64, SHALLOW_CNN, 'valid'),
  ...convolutions('VGG16', 16, VGG16, 'same'),
  ...depthwise(64, [
    [48, 32, 1],
    [48, 64, 2],
    [24, 128, 1],
    [12, 256, 1],
    [6, 512, 1],
  ]),
];

/** E.g. `ShallowCNN train, batch 64`, or `VGG16 convolution 16×48×48×64 → 64`. */
export function nameOf({ what, network, batch, kernel }: Omit<Task, 'seconds'>): string {
  if (!kernel) return `${network} ${what === 'layers' ? 'train, plain tfjs-layers' : what}, batch ${batch}`;
  if (kernel.op !== 'product') {
    const { op, n, size, channels, out, depthwise, stride } = kernel;
    if (depthwise) return `${network} depthwise ${op} ${n}×${size}×${size}×${channels}, stride ${stride}`;
    return `${network} ${op} ${n}×${size}×${size}×${channels} → ${out}`;
  }
  const { m, k, n, transposeA, transposeB } = kernel;
  return `${network || 'SGEMM'} product ${m}×${k}${transposeA ? 'ᵀ' : ''} · ${k}×${n}${transposeB ? 'ᵀ' : ''}`;
}

/**
 * Number of floating-point operations; for convolutions by the definition, although Winograd's algorithm does fewer.
 */
export function flopsOf(kernel: Kernel): number {
  if (kernel.op === 'product') return 2 * kernel.m * kernel.k * kernel.n;
  const { n, size, channels, out, pad, depthwise, stride = 1 } = kernel;
  const outSize = pad === 'same' ? Math.ceil(size / stride) : size - 2;
  return 2 * n * outSize ** 2 * 9 * channels * (depthwise ? 1 : out);
}
