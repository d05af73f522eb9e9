import { util } from '@tensorflow/tfjs-core';
import { windowsOf } from './geometry.js';
import { checkShape, type OwnKernel, type OwnKernels } from './kernel.js';

const forward =
  (kernel: 'maxPool' | 'avgPool'): OwnKernel =>
  (workspace, call) => {
    const { x } = call.inputs;
    if (x.dtype !== 'float32') return undefined;
    const { outShape, words } = windowsOf(call, x.shape);
    const out = workspace.output(outShape);
    if (util.sizeFromShape(out.shape) > 0) {
      workspace.run(kernel, [workspace.address(x), workspace.address(out), ...words], util.sizeFromShape(x.shape));
    }
    return out;
  };

const maxGradient: OwnKernel = (workspace, call) => {
  const { dy, input, output } = call.inputs;
  const { outShape, apart, words } = windowsOf(call, input.shape);
  checkShape(call.name, 'dy', dy.shape, outShape);
  checkShape(call.name, 'output', output.shape, outShape);
  const out = workspace.output(input.shape);
  const addresses = [input, output, dy, out].map((tensor) => workspace.address(tensor));
  workspace.run(apart ? 'maxPoolGrad' : 'maxPoolGradAny', [...addresses, ...words]);
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
