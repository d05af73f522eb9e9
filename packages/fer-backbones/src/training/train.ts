import * as tf from '@tensorflow/tfjs-core';
import { breathe, type Dataset, type EpochRecord, FerError, type Json, Random } from 'fer-core';
import { toTensor } from '../network/preprocessing.js';
import { makeBatch, takeLabels } from './batches.js';
import type { Checkpoint, EpochSums } from './checkpointFile.js';
import { Checkpoints } from './checkpoints.js';
import { teach } from './distillation.js';
import { demandFinite, demandSane, type LossPlace, lossOfEqualScores } from './divergence.js';
import { type FrozenInputs, frozenInputs } from './frozenInputs.js';
import { measure } from './measure.js';
import { RateTrail } from './rateTrail.js';
import { describeRun, differences, possibleOrigins, type RunDescription, rememberOrigins } from './runIdentity.js';
import { scoreOf } from './schedules.js';
import { resolveSettings, type Settings } from './settings.js';
import { type Trainee, TraineeState } from './traineeState.js';
import type { TrainOptions } from './trainOptions.js';
import { type Batch, trainStep } from './trainStep.js';

/** The result of a training. */
export interface Trained {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the network has, from 1. */
  readonly epoch: number;
}

/**
 * Trains a network end to end under its dense layer, in place.
 *
 * @param onChange - Called before weights change. What it throws ends the training.
 */
export async function train(
  trainee: Trainee,
  data: Dataset,
  options: TrainOptions,
  onChange: () => void,
): Promise<Trained> {
  const settings = resolveSettings(data, options);
  let run: Run | undefined;
  const state = new TraineeState(trainee, settings.optimizer, settings.emaDecay !== undefined);
  try {
    run = new Run(trainee, data, settings, state, onChange);
    await run.resume();
    if (!run.ended && settings.cacheFrozen) await run.cacheFrozen();
    while (!run.ended) await run.epoch();
    return run.end();
  } finally {
    await run?.dispose();
    state.dispose();
  }
}

/** A training run. Its state, apart from the tensors, is what a checkpoint holds. */
class Run {
  #step = 0;
  #sums: EpochSums = NOTHING;
  readonly #history: EpochRecord[] = [];
  #best: readonly Float32Array[] = [];
  #rates = new RateTrail();
  /** Seconds spent on validation, for the estimate of the remaining time. */
  #validating = 0;
  #frozen: FrozenInputs | undefined;
  #checkpoints: Checkpoints | undefined;
  #description: RunDescription = {};
  /** Digests of the possible initial weights of this run. */
  #origins: readonly Json[] = [];
  readonly #random: Random;
  readonly #stepsAnEpoch: number;

  constructor(
    private readonly trainee: Trainee,
    private readonly data: Dataset,
    private readonly settings: Settings,
    private readonly state: TraineeState,
    private readonly onChange: () => void,
  ) {
    this.#random = new Random(settings.seed);
    this.#stepsAnEpoch = Math.ceil(data.n / settings.batchSize);
  }

  /** Resumes from the newest checkpoint, if there is one. */
  async resume(): Promise<void> {
    const { settings, state, trainee } = this;
    if (!settings.checkpoints) return;
    this.#checkpoints = new Checkpoints(settings.checkpoints, settings.onProgress);
    const description = await describeRun(trainee, state, this.data, settings);
    this.#origins = possibleOrigins(trainee.model, description.weights);
    const saved = await this.#checkpoints.latest((checkpoint) => this.#compare(checkpoint, description));
    this.#description = saved?.run ?? description;
    if (!saved) return;
    this.onChange();
    state.restore(saved);
    this.#step = saved.step;
    this.#sums = saved.sums;
    this.#history.push(...saved.history);
    this.#best = saved.best;
    this.#rates = new RateTrail(saved.rates);
  }

  /** Names the properties in which a checkpoint differs from any state that this run could pass through. */
  #compare(checkpoint: Checkpoint, description: RunDescription): string[] {
    const { run, step, history, rates } = checkpoint;
    const known = this.#origins.includes(run.weights) ? { ...description, weights: run.weights } : description;
    const other = differences(known, run);
    const { sizes } = this.state;
    const fits = Object.entries(sizes).every(
      ([group, list]) => list.join() === checkpoint[group as keyof typeof sizes].map(({ length }) => length).join(),
    );
    if (!fits) other.push('number of weights');
    if (step > this.settings.epochs * this.#stepsAnEpoch) other.push(`number of epochs (${history.length} are done)`);
    const trail = new RateTrail();
    for (let index = 0; index < step; index++) {
      trail.add(this.#rate(index, history.slice(0, Math.floor(index / this.#stepsAnEpoch))));
    }
    if (trail.digest !== rates) other.push('course of learning rates (schedule, or epochs that it depends on)');
    if (history.some((_, i) => this.#stopsAfter(history.slice(0, i)))) other.push('patience');
    return other;
  }

  /** Runs the frozen layers once, instead of at every step. */
  async cacheFrozen(): Promise<void> {
    this.#frozen = await frozenInputs(this.trainee, this.data, this.settings, this.#random);
  }

  async dispose(): Promise<void> {
    this.#frozen?.train.dispose();
    this.#frozen?.validation?.dispose();
    if (this.#origins.length > 0) await rememberOrigins(this.trainee.model, this.#origins, this.state);
  }

  get ended(): boolean {
    return this.#history.length >= this.settings.epochs || this.#stopsAfter(this.#history);
  }

  /** Sets the final weights of the network. */
  end(): Trained {
    const { settings, data } = this;
    this.onChange();
    const history = this.#history;
    const equal = lossOfEqualScores(data, settings);
    const { loss } = history[history.length - 1];
    if (loss >= equal) {
      settings.onProgress?.({
        kind: 'warning',
        code: 'NOT_LEARNED',
        message:
          `the training ended with a loss of ${loss.toPrecision(3)}; a network with equal scores for all classes has ` +
          `${equal.toPrecision(3)}. Change the learning rate, or train longer.`,
      });
    }
    if (!settings.earlyStopping) {
      this.state.settle();
      return { history, epoch: history.length };
    }
    this.state.restoreWeights(this.#best);
    return { history, epoch: this.#bestEpoch(history) };
  }

  /** Runs the rest of the current epoch. */
  async epoch(): Promise<void> {
    const { settings, data } = this;
    const epoch = this.#history.length + 1;
    const start = performance.now();
    const before = this.#sums.seconds;
    const order = this.#random.split('shuffle', epoch).permutation(data.n);
    const everySteps = settings.checkpoints?.everySteps ?? Infinity;
    let last = 0;
    while (this.#step < epoch * this.#stepsAnEpoch) {
      await breathe(settings.signal);
      last = await this.#oneStep(order, epoch, () => before + (performance.now() - start) / 1000);
      const ends = this.#step === epoch * this.#stepsAnEpoch;
      if (!ends && this.#step % everySteps === 0) await this.#save();
    }
    const loss = this.#sums.loss / data.n;
    const place = this.#place(epoch, this.#stepsAnEpoch);
    // The very first loss is that of the initial weights, so it doesn't count.
    if (this.#step > 1) demandSane([loss, last], lossOfEqualScores(data, settings), settings, place);
    const validating = performance.now();
    const measured = settings.validation && (await this.#measure(settings.validation));
    if (measured) demandFinite('validation loss', measured.loss, place);
    this.#validating += (performance.now() - validating) / 1000;
    const record: EpochRecord = {
      epoch,
      loss,
      accuracy: this.#sums.correct / data.n,
      learningRate: place.learningRate,
      ...(measured && { validationLoss: measured.loss, validationAccuracy: measured.accuracy }),
      seconds: before + (performance.now() - start) / 1000,
    };
    this.#history.push(record);
    this.#sums = NOTHING;
    if (settings.earlyStopping && this.#bestEpoch(this.#history) === epoch) await this.#keepBest();
    settings.onProgress?.({ kind: 'epoch', epochs: settings.epochs, ...record });
    await this.#save();
  }

  /** Takes one step of the optimiser and returns its loss. */
  async #oneStep(order: Uint32Array, epoch: number, seconds: () => number): Promise<number> {
    const { settings, trainee, state } = this;
    const { batchSize, epochs, onProgress } = settings;
    const index = this.#step;
    const step = index - (epoch - 1) * this.#stepsAnEpoch + 1;
    const rows = order.subarray((step - 1) * batchSize, step * batchSize);
    const batch = this.#frozen ? this.#cached(rows, epoch, this.#frozen) : await this.#fresh(rows, epoch, step);
    const learningRate = this.#rate(index);
    this.onChange();
    const { loss, correct } = trainStep(trainee, state, settings, batch, {
      index,
      learningRate,
      seed: this.#random.split('dropout', index).uint32(),
      from: this.#frozen?.position,
    });
    demandFinite('loss', loss, this.#place(epoch, step));
    this.#rates.add(learningRate);
    const sums = this.#sums;
    this.#step++;
    this.#sums = {
      loss: sums.loss + loss * rows.length,
      correct: sums.correct + correct,
      images: sums.images + rows.length,
      seconds: seconds(),
    };
    onProgress?.({
      kind: 'step',
      epoch,
      epochs,
      step,
      steps: this.#stepsAnEpoch,
      loss: this.#sums.loss / this.#sums.images,
      accuracy: this.#sums.correct / this.#sums.images,
      imagesPerSecond: this.#sums.images / this.#sums.seconds,
      secondsLeft: this.#secondsLeft(epoch),
    });
    return loss;
  }

  async #fresh(rows: Uint32Array, epoch: number, step: number): Promise<Batch> {
    const { settings, trainee } = this;
    const batch = makeBatch(this.data, rows, settings, {
      augment: this.#random.split('augment', epoch, step),
      transform: this.#random.split('transform', epoch, step),
    });
    const input = () => toTensor(batch, [0, batch.n], trainee.preprocessing);
    const { distillation, signal } = settings;
    if (!distillation) return { labels: batch, input };
    const taught = await teach(distillation, batch, [batch.n, batch.classes.length], signal);
    return { labels: batch, taught, input };
  }

  #cached(rows: Uint32Array, epoch: number, { train, passes, shape }: FrozenInputs): Batch {
    const first = ((epoch - 1) % passes) * this.data.n;
    const values = train.read(rows.map((row) => first + row));
    return { labels: takeLabels(this.data, rows), input: () => tf.tensor(values, [rows.length, ...shape]) };
  }

  #place(epoch: number, step: number): LossPlace {
    const learningRate = this.#rate((epoch - 1) * this.#stepsAnEpoch + step - 1);
    return { epoch, step, learningRate, saved: this.#checkpoints !== undefined };
  }

  /** Estimates the remaining seconds of the whole run from the finished epochs and the current one. */
  #secondsLeft(epoch: number): number {
    const { settings, data } = this;
    const done = (epoch - 1) * data.n + this.#sums.images;
    const training = this.#history.reduce((sum, record) => sum + record.seconds, this.#sums.seconds);
    const perImage = Math.max(0, training - this.#validating) / done;
    const validation = this.#validating / Math.max(1, epoch - 1);
    return perImage * (settings.epochs * data.n - done) + validation * (settings.epochs - epoch + 1);
  }

  #rate(index: number, history: readonly EpochRecord[] = this.#history): number {
    const { settings } = this;
    const factor = settings.schedule(index, settings.epochs * this.#stepsAnEpoch, history);
    if (Number.isFinite(factor) && factor >= 0) return settings.learningRate * factor;
    throw new FerError(
      'INVALID_ARGUMENT',
      `schedule returned ${factor} for step ${index}: it must return a finite number from 0.`,
    );
  }

  #measure(data: Dataset): Promise<{ loss: number; accuracy: number }> {
    return this.state.withAverages(() => measure(this.trainee, data, this.settings, this.#frozen));
  }

  #stopsAfter(history: readonly EpochRecord[]): boolean {
    const { earlyStopping } = this.settings;
    return earlyStopping !== undefined && history.length - this.#bestEpoch(history) >= earlyStopping.patience;
  }

  #bestEpoch(history: readonly EpochRecord[]): number {
    const { monitor = 'accuracy' } = this.settings.earlyStopping ?? {};
    const scores = history.map((record) => scoreOf(record, monitor));
    return scores.indexOf(Math.max(...scores)) + 1;
  }

  async #keepBest(): Promise<void> {
    const { averages, weights } = await this.state.snapshot();
    this.#best = averages.length > 0 ? averages : weights;
  }

  async #save(): Promise<void> {
    if (!this.#checkpoints) return;
    const snapshot = await this.state.snapshot();
    await this.#checkpoints.save({
      ...snapshot,
      run: this.#description,
      step: this.#step,
      sums: this.#sums,
      history: this.#history,
      rates: this.#rates.digest,
      best: this.#best,
    });
  }
}

const NOTHING: EpochSums = { loss: 0, correct: 0, images: 0, seconds: 0 };
