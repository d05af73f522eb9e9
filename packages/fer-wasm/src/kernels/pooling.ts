import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Workspace } from '../heap.js';
import { windowsOf } from './geometry.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';

/**
 * Returns the address of what max pooling reads, and of its coefficients or 0. A deferred a·x + b is not computed: x is
 * read, as the pooled values follow from its largest and smallest ones.
 */
function sourceOf(workspace: Workspace, x: TensorInfo): [address: number, coefficients: number] {
  const { affine, squared = false } = workspace.deferrals.deferredOf(x) ?? {};
  const [term] = affine?.terms ?? [];
  if (!affine || squared || affine.terms.length !== 1 || x.shape[3] % 8 !== 0) return [workspace.address(x), 0];
  const address = workspace.deferrals.addressOf(term);
  return [address, workspace.deferrals.write([term.factor, affine.constant])];
}

const forward =
  (kernel: 'maxPool' | 'avgPool'): OwnKernel =>
  (workspace, call) => {
    const { x } = call.inputs;
    if (x.dtype !== 'float32') return undefined;
    const { outShape, words } = windowsOf(call, x.shape);
    const out = workspace.output(outShape);
    if (util.sizeFromShape(out.shape) > 0) {
      const [from, coefficients] = kernel === 'maxPool' ? sourceOf(workspace, x) : [workspace.address(x), 0];
      const to = workspace.address(out);
      workspace.run(kernel, [from, to, ...words, coefficients], util.sizeFromShape(x.shape));
    }
    return out;
  };

const maxGradient: OwnKernel = (workspace, call) => {
  const { dy, input, output } = call.inputs;
  const { outShape, apart, words } = windowsOf(call, input.shape);
  checkShape(call.name, 'dy', dy.shape, outShape);
  checkShape(call.name, 'output', output.shape, outShape);
  const out = workspace.output(input.shape);
  const [y, gradient, to] = [output, dy, out].map((tensor) => workspace.address(tensor));
  if (apart) {
    workspace.run('maxPoolGrad', [workspace.address(input), y, gradient, to, ...words]);
    return out;
  }
  const [x, coefficients] = sourceOf(workspace, input);
  workspace.run('maxPoolGradAny', [x, y, gradient, to, ...words, coefficients]);
  return out;
};

/** Upstream divides by the full window, so its gradient is too small if a window leaves the image. */
const averageGradient: OwnKernel = (workspace, call) => {
  const { dy, input } = call.inputs;
  if (dy.dtype !== 'float32') return undefined;
  const { outShape, words } = windowsOf(call, input.shape);
  checkShape(call.name, 'dy', dy.shape, outShape);
  const out = workspace.output(input.shape);
  workspace.run('avgPoolGrad', [workspace.address(dy), workspace.address(out), ...words]);
  return out;
};

/** Max and average pooling, and their gradients. */
export const poolingKernels: OwnKernels = {
  MaxPool: forward('maxPool'),
  MaxPoolGrad: maxGradient,
  AvgPool: forward('avgPool'),
  AvgPoolGrad: averageGradient,
};
