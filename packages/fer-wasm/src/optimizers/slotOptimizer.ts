import * as tf from '@tensorflow/tfjs-core';
import { describe } from '../arguments.js';
import { WasmError } from '../errors.js';

/** A tensor with its name among gradients or saved weights, as tfjs passes it. */
interface Named {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

/** A variable that an optimiser keeps for each weight. */
interface Slot {
  readonly name: string;
  readonly variable: tf.Variable;
}

/**
 * An optimiser for `model.compile` and `minimize` that updates each variable in one pass over memory.
 *
 * Its name, configuration and slots are those of tfjs' optimiser with the same update rule. Plain tfjs can load a model
 * that was saved together with this optimiser and continue training.
 */
export abstract class SlotOptimizer extends tf.Optimizer {
  /** May be changed between steps. */
  learningRate: number;
  /** The endings of the slots' names, in the order in which tfjs saves them. */
  readonly #endings: readonly string[];
  /** For each ending, a slot per variable. */
  #slots: Slot[][];

  constructor(learningRate: number, endings: readonly string[]) {
    super();
    if (!(typeof learningRate === 'number' && learningRate >= 0 && Number.isFinite(learningRate))) {
      throw new WasmError(
        'INVALID_ARGUMENT',
        `learningRate is ${describe(learningRate)}: it must be a finite number from 0.`,
      );
    }
    this.learningRate = learningRate;
    this.#endings = endings;
    this.#slots = endings.map(() => []);
  }

  /** Takes one step of one variable. */
  protected abstract step(variable: tf.Variable, gradient: tf.Tensor, slots: readonly tf.Variable[]): void;

  override applyGradients(gradients: tf.NamedTensorMap | readonly Named[]): void {
    const named = Array.isArray(gradients)
      ? (gradients as readonly Named[])
      : Object.entries(gradients as tf.NamedTensorMap).map(([name, tensor]) => ({ name, tensor }));
    named.forEach(({ name, tensor }, i) => {
      const variable = tf.engine().registeredVariables[name];
      const slots = this.#slots.map((list, kind) => {
        list[i] ??= {
          name: `${name}/${this.#endings[kind]}`,
          variable: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
        };
        return list[i].variable;
      });
      if (tensor) this.step(variable, tensor, slots);
    });
    this.incrementIterations();
  }

  /** Frees the slots. */
  override dispose(): void {
    tf.dispose(this.#slots.flatMap((list) => list.map(({ variable }) => variable)));
    this.#slots = this.#endings.map(() => []);
  }

  /**
   * The optimiser's state, to be saved and passed to {@link SlotOptimizer.setWeights}.
   *
   * @returns the number of steps, then one tensor per slot and variable. The slots' tensors belong to the optimiser:
   *   don't dispose them.
   */
  override async getWeights(): Promise<Named[]> {
    const slots = this.#slots.flat().map(({ name, variable }) => ({ name, tensor: variable as tf.Tensor }));
    return [await this.saveIterations(), ...slots];
  }

  /**
   * Restores what {@link SlotOptimizer.getWeights} returned.
   *
   * @param weights the number of steps, then the slots, in the same order. The caller may dispose the tensors afterwards.
   */
  override async setWeights(weights: Named[]): Promise<void> {
    const slots = await this.extractIterations(weights);
    const count = slots.length / this.#endings.length;
    this.dispose();
    this.#slots = this.#endings.map((_, kind) =>
      slots.slice(kind * count, (kind + 1) * count).map(({ name, tensor }) => ({
        name,
        variable: tf.variable(tensor, false),
      })),
    );
  }
}
