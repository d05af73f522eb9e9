/** The learning rate's factor at a step: `step` is 0-based, of `steps` in all. */
export type Schedule = (step: number, steps: number) => number;

/** The same rate throughout. */
export function constant(): Schedule {
  return () => 1;
}

/**
 * Keras' `decay`: 1 / (1 + decay · step), as the original uses with 1e-6.
 *
 * @param decay - A step. @default 1e-6
 */
export function inverseTimeDecay(decay = 1e-6): Schedule {
  return (step) => 1 / (1 + decay * step);
}

/**
 * From 1 to 0 along half a cosine (Loshchilov & Hutter, 2017), after a linear rise.
 *
 * @param options - `warmup`: share of all steps that rise. @default 0
 */
export function cosine({ warmup = 0 }: { readonly warmup?: number } = {}): Schedule {
  return (step, steps) => {
    const rise = warmup * steps;
    if (step < rise) return (step + 1) / rise;
    return 0.5 * (1 + Math.cos((Math.PI * (step - rise)) / Math.max(1, steps - rise)));
  };
}
