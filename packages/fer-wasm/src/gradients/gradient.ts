import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** What tfjs passes to the gradient of a kernel. */
export interface GradientCall {
  /** The gradient of the kernel's output. */
  readonly dy: Tensor;
  /** The tensors that upstream's gradient configuration saves: inputs, then outputs. */
  readonly saved: readonly Tensor[];
  readonly attrs: NamedAttrMap;
  /** The gradient configuration that ours replaces. */
  readonly upstream: GradConfig;
}

/** The gradients of a kernel's inputs by name. Each one is computed on request. */
export type Gradients = Record<string, () => Tensor>;

/** One of our gradients. It returns `undefined` for cases it doesn't cover, which upstream's gradient then handles. */
export type OwnGradient = (call: GradientCall) => Gradients | undefined;

/** Our gradients by the names of tfjs' kernels. */
export type OwnGradients = Readonly<Record<string, OwnGradient>>;
