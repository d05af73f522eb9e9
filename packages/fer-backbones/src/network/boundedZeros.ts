import * as tf from '@tensorflow/tfjs-core';

type Config = tf.serialization.ConfigDict;

interface Initializer {
  readonly class_name: string;
  readonly config: Config;
}

/** A model that is being loaded. */
interface Load {
  /** How many numbers its layers may still allocate. */
  left: number;
  /** The initializers that were replaced. */
  readonly originals: Initializer[];
}

const loads = new Map<number, Load>();
let count = 0;

/**
 * Replaces every initializer of a model that is being loaded. tfjs allocates and draws the initial weights of a network
 * before it reads the saved ones, so a short `model.json` could request any amount of memory. This initializer returns
 * zeros, and no more numbers than the saved weights have. It is saved as the initializer that it replaces.
 */
class BoundedZeros extends tf.serialization.Serializable {
  static className = 'FerBoundedZeros';
  readonly #load: Load;
  readonly #original: Initializer;

  constructor({ load, original }: Config) {
    super();
    this.#load = loads.get(load as number)!;
    this.#original = this.#load.originals[original as number];
  }

  apply(shape: number[], dtype?: 'float32'): tf.Tensor {
    const size = shape.reduce((product, side) => product * side, 1);
    if (!(size <= this.#load.left)) {
      throw new Error(`its layers have more weights than are saved: one is ${shape.join('×')}`);
    }
    this.#load.left -= size;
    return tf.zeros(shape, dtype);
  }

  override getClassName(): string {
    return this.#original.class_name;
  }

  getConfig(): Config {
    return this.#original.config;
  }
}
tf.serialization.registerClass(BoundedZeros);

/** The keys of all initializers in the saved configurations of tfjs-layers. */
const KEYS = [
  ...['kernel', 'bias', 'recurrent', 'embeddings', 'alpha', 'depthwise', 'pointwise'],
  ...['beta', 'gamma', 'moving_mean', 'moving_variance'],
].map((weight) => `${weight}_initializer`);

/**
 * Makes a model by calling `load` with a topology whose layers allocate at most `numbers` numbers.
 *
 * @param topology - The content of `model.json`. It is not modified.
 */
export async function withBoundedZeros<T>(
  topology: object,
  numbers: number,
  load: (topology: object) => Promise<T>,
): Promise<T> {
  const id = count++;
  const own: Load = { left: numbers, originals: [] };
  loads.set(id, own);
  try {
    return await load(
      bounded(topology, (original) => ({ load: id, original: own.originals.push(original) - 1 })) as object,
    );
  } finally {
    loads.delete(id);
  }
}

function bounded(node: unknown, replace: (original: Initializer) => Config): unknown {
  if (Array.isArray(node)) return node.map((each) => bounded(each, replace));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, bounded(value, replace)]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  const { class_name, config } = copy as { class_name?: unknown; config?: Record<string, unknown> };
  if (typeof class_name !== 'string' || typeof config?.name !== 'string') return copy;
  // Also missing keys, for which tfjs would use its default initializers.
  for (const key of KEYS) {
    // Separable convolutions don't accept this initializer.
    if (key === 'kernel_initializer' && class_name.startsWith('Separable')) continue;
    config[key] = { class_name: BoundedZeros.className, config: replace(initializerOf(config[key])) };
  }
  return copy;
}

function initializerOf(given: unknown): Initializer {
  if (typeof given === 'object' && given !== null) return given as Initializer;
  return { class_name: typeof given === 'string' ? given : 'Zeros', config: {} };
}
