import * as tf from '@tensorflow/tfjs-core';

const prototype: object = tf.Tensor.prototype;
let methods: Promise<PropertyDescriptorMap> | undefined;

/** The methods that the module gives to all tensors, which are then taken from them again. */
async function load(): Promise<PropertyDescriptorMap> {
  const before = Object.getOwnPropertyNames(prototype);
  await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js');
  const added = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(([name]) => !before.includes(name));
  remove(added.map(([name]) => name));
  return Object.fromEntries(added);
}

function remove(names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(prototype, name);
}

/** Runs something while tensors have tfjs' ops as methods (`x.add(y)`). */
export async function withChainedOps<T>(run: () => Promise<T>): Promise<T> {
  methods ??= load();
  const added = await methods;
  Object.defineProperties(prototype, added);
  try {
    return await run();
  } finally {
    remove(Object.keys(added));
  }
}
