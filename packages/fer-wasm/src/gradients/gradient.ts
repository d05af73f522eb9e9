import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** What tfjs gives to the gradient of a kernel. */
export interface GradientCall {
  /** The gradient of the kernel's output. */
  readonly dy: Tensor;
  /** What upstream's configuration of this gradient saves: inputs, then outputs. */
  readonly saved: readonly Tensor[];
  readonly attrs: NamedAttrMap;
  /** What ours replaces. */
  readonly upstream: GradConfig;
}

/** The gradients of a kernel's inputs by name, each computed when it is asked for. */
export type Gradients = Record<string, () => Tensor>;

/** A gradient of ours. It returns undefined for what it doesn't cover: upstream's then does the work. */
export type OwnGradient = (call: GradientCall) => Gradients | undefined;

/** Gradients of ours by the names of tfjs' kernels. */
export type OwnGradients = Readonly<Record<string, OwnGradient>>;
