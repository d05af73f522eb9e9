import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { averageStep } from 'fer-wasm';
import { trainedWeights } from '../network/plan.js';
import type { Preprocessing } from '../network/preprocessing.js';
import type { Optimizer } from './optimizers.js';

/** A network and the dense layer on top of it: scores = features · kernel + bias. */
export interface Trainee {
  readonly model: LayersModel;
  readonly preprocessing: Preprocessing;
  readonly kernel: tf.Variable;
  readonly bias: tf.Variable;
}

/** The values of all tensors of a training run, group by group, in a fixed order. */
export interface Snapshot {
  readonly weights: readonly Float32Array[];
  readonly slots: readonly Float32Array[];
  readonly averages: readonly Float32Array[];
}

/** All tensors that a training run changes. */
export class TraineeState {
  /** All weights, including those that gradients don't update (moving averages, frozen layers). */
  readonly weights: readonly tf.Variable[];
  /** The weights that gradients update. */
  readonly trained: readonly tf.Variable[];
  /** The optimiser's slots, for each of `trained`. */
  readonly slots: readonly (readonly tf.Variable[])[];
  /** The moving average of each of `weights`. Empty if none is kept. */
  readonly averages: readonly tf.Variable[];

  constructor({ model, kernel, bias }: Trainee, optimizer: Optimizer, averaged: boolean) {
    const variables = (list: LayersModel['weights']) => list.map((weight) => weight.read() as tf.Variable);
    this.weights = [...variables(model.weights), kernel, bias];
    this.trained = [...variables(trainedWeights(model)), kernel, bias];
    this.slots = this.trained.map((weight) =>
      Array.from({ length: optimizer.slots }, () => tf.tidy(() => tf.variable(tf.zerosLike(weight), false))),
    );
    this.averages = averaged ? this.weights.map((weight) => tf.tidy(() => tf.variable(tf.mul(weight, 1), false))) : [];
  }

  /** Updates all averages: average ← decay · average + (1 − decay) · weight. */
  average(decay: number): void {
    for (const [i, average] of this.averages.entries()) averageStep(average, this.weights[i], decay);
  }

  /** Calls a function while the averages, if there are any, replace the weights. */
  async withAverages<T>(run: () => Promise<T>): Promise<T> {
    if (this.averages.length === 0) return run();
    const kept = this.weights.map((weight) => tf.clone(weight));
    try {
      assignAll(this.weights, this.averages);
      return await run();
    } finally {
      // tfjs gives a disposed variable new memory if something is assigned to it.
      if (!this.weights.some(({ isDisposed }) => isDisposed)) assignAll(this.weights, kept);
      tf.dispose(kept);
    }
  }

  /** Replaces the weights by the averages, if there are any, permanently. */
  settle(): void {
    if (this.averages.length > 0) assignAll(this.weights, this.averages);
  }

  async snapshot(): Promise<Snapshot> {
    return {
      weights: await numbersOf(this.weights),
      slots: await numbersOf(this.slots.flat()),
      averages: await numbersOf(this.averages),
    };
  }

  /** Restores a snapshot, which must have the tensor sizes of this state. */
  restore({ weights, slots, averages }: Snapshot): void {
    this.restoreWeights(weights);
    setNumbers(this.slots.flat(), slots);
    setNumbers(this.averages, averages);
  }

  restoreWeights(weights: readonly Float32Array[]): void {
    setNumbers(this.weights, weights);
  }

  /** The number of elements of each tensor of a {@link Snapshot}. */
  get sizes(): Readonly<Record<keyof Snapshot, readonly number[]>> {
    const sizesOf = (variables: readonly tf.Variable[]) => variables.map(({ size }) => size);
    return {
      weights: sizesOf(this.weights),
      slots: sizesOf(this.slots.flat()),
      averages: sizesOf(this.averages),
    };
  }

  /** Frees the optimiser's slots and the averages. The weights stay. */
  dispose(): void {
    tf.dispose([...this.slots.flat(), ...this.averages]);
  }
}

/** Copies the values of some variables. */
export async function numbersOf(variables: readonly tf.Variable[]): Promise<Float32Array[]> {
  const numbers: Float32Array[] = [];
  for (const variable of variables) numbers.push(((await variable.data()) as Float32Array).slice());
  return numbers;
}

function setNumbers(variables: readonly tf.Variable[], numbers: readonly Float32Array[]): void {
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tf.tensor(numbers[i], variable.shape));
  });
}

function assignAll(variables: readonly tf.Variable[], values: readonly tf.Tensor[]): void {
  // A copy that doesn't share data: in-place updates of one must not affect the other.
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tf.mul(values[i], 1));
  });
}
