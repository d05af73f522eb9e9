import * as tf from '@tensorflow/tfjs-core';
import { breathe, type Dataset, type EpochRecord, FerError, type Labels, Random } from 'fer-core';
import { forward } from '../network/forward.js';
import { toTensor } from '../network/preprocessing.js';
import { makeBatch, makeTargets, makeWeights, takeLabels } from './batches.js';
import type { EpochSums } from './checkpointFile.js';
import { Checkpoints, describeRun } from './checkpoints.js';
import { clip } from './clip.js';
import { type FrozenInputs, frozenInputs } from './frozenInputs.js';
import { meanLoss } from './losses.js';
import { measure, topScores } from './measure.js';
import { scoreOf } from './schedules.js';
import { type Trainee, TraineeState } from './traineeState.js';
import { resolve, type Settings, type TrainOptions } from './trainOptions.js';

/** What a training left. */
export interface Trained {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the network has, from 1. */
  readonly epoch: number;
}

/** Trains a network end to end under its dense layer, in place. */
export async function train(trainee: Trainee, data: Dataset, options: TrainOptions): Promise<Trained> {
  const settings = resolve(data, options);
  let run: Run | undefined;
  const state = new TraineeState(trainee, settings.optimizer, settings.emaDecay !== undefined);
  try {
    run = await Run.begin(trainee, data, settings, state);
    if (!run.ended && settings.cacheFrozen) await run.cacheFrozen();
    while (!run.ended) await run.epoch();
    return run.end();
  } finally {
    run?.dispose();
    state.dispose();
  }
}

/** A training under way. All it holds, its tensors apart, is what a checkpoint holds. */
class Run {
  #step = 0;
  #sums: EpochSums = NOTHING;
  readonly #history: EpochRecord[] = [];
  #best: readonly Float32Array[] = [];
  /** Seconds spent on validation, for the estimate of the time left. */
  #validating = 0;
  #frozen: FrozenInputs | undefined;
  readonly #random: Random;
  readonly #stepsAnEpoch: number;

  private constructor(
    private readonly trainee: Trainee,
    private readonly data: Dataset,
    private readonly settings: Settings,
    private readonly state: TraineeState,
    private readonly checkpoints: Checkpoints | undefined,
  ) {
    this.#random = new Random(settings.seed);
    this.#stepsAnEpoch = Math.ceil(data.n / settings.batchSize);
  }

  /** At its first step, or where its newest checkpoint was. */
  static async begin(trainee: Trainee, data: Dataset, settings: Settings, state: TraineeState): Promise<Run> {
    const { checkpoints: options, onProgress } = settings;
    const checkpoints = options && new Checkpoints(options, await describeRun(data, settings), onProgress);
    const run = new Run(trainee, data, settings, state, checkpoints);
    const saved = await checkpoints?.latest(state);
    if (saved) {
      state.restore(saved);
      run.#step = saved.step;
      run.#sums = saved.sums;
      run.#history.push(...saved.history);
      run.#best = saved.best;
    }
    return run;
  }

  /** Runs the frozen layers once, in place of with every step. */
  async cacheFrozen(): Promise<void> {
    this.#frozen = await frozenInputs(this.trainee, this.data, this.settings, this.#random);
  }

  dispose(): void {
    this.#frozen?.train.dispose();
    this.#frozen?.validation?.dispose();
  }

  get ended(): boolean {
    const { epochs, earlyStopping } = this.settings;
    if (this.#history.length >= epochs) return true;
    return earlyStopping !== undefined && this.#history.length - this.#bestEpoch >= earlyStopping.patience;
  }

  /** Gives the network the weights it ends with. */
  end(): Trained {
    const history = this.#history;
    if (!this.settings.earlyStopping) {
      this.state.settle();
      return { history, epoch: history.length };
    }
    this.state.restoreWeights(this.#best);
    return { history, epoch: this.#bestEpoch };
  }

  /** The rest of the epoch that has begun. */
  async epoch(): Promise<void> {
    const { settings, data } = this;
    const epoch = this.#history.length + 1;
    const start = performance.now();
    const before = this.#sums.seconds;
    const order = this.#random.split('shuffle', epoch).permutation(data.n);
    const everySteps = settings.checkpoints?.everySteps ?? Infinity;
    while (this.#step < epoch * this.#stepsAnEpoch) {
      await breathe(settings.signal);
      const seconds = () => before + (performance.now() - start) / 1000;
      this.#oneStep(order, epoch, seconds);
      const last = this.#step === epoch * this.#stepsAnEpoch;
      if (!last && this.#step % everySteps === 0) await this.#save();
    }
    const validating = performance.now();
    const { loss, correct } = this.#sums;
    const measured = settings.validation && (await this.#measure(settings.validation));
    if (measured) this.#demandFinite('validation loss', measured.loss, epoch, this.#stepsAnEpoch);
    this.#validating += (performance.now() - validating) / 1000;
    const record: EpochRecord = {
      ...{ epoch, loss: loss / data.n, accuracy: correct / data.n, learningRate: this.#rate(this.#step - 1) },
      ...(measured && { validationLoss: measured.loss, validationAccuracy: measured.accuracy }),
      seconds: before + (performance.now() - start) / 1000,
    };
    this.#history.push(record);
    this.#sums = NOTHING;
    if (settings.earlyStopping && this.#bestEpoch === epoch) await this.#keepBest();
    settings.onProgress?.({ kind: 'epoch', epochs: settings.epochs, ...record });
    await this.#save();
  }

  #oneStep(order: Uint32Array, epoch: number, seconds: () => number): void {
    const { settings } = this;
    const { batchSize, epochs, onProgress } = settings;
    const index = this.#step;
    const step = index - (epoch - 1) * this.#stepsAnEpoch + 1;
    const rows = order.subarray((step - 1) * batchSize, step * batchSize);
    const batch = this.#frozen ? this.#cached(rows, epoch, this.#frozen) : this.#fresh(rows, epoch, step);
    const learningRate = this.#rate(index);
    const { loss, correct } = this.#update(batch, index, learningRate);
    this.#demandFinite('loss', loss, epoch, step);
    const sums = this.#sums;
    this.#step++;
    this.#sums = {
      ...{ loss: sums.loss + loss * rows.length, correct: sums.correct + correct },
      ...{ images: sums.images + rows.length, seconds: seconds() },
    };
    onProgress?.({
      ...{ kind: 'step', epoch, epochs, step, steps: this.#stepsAnEpoch },
      ...{ loss: this.#sums.loss / this.#sums.images, accuracy: this.#sums.correct / this.#sums.images },
      imagesPerSecond: this.#sums.images / this.#sums.seconds,
      secondsLeft: this.#secondsLeft(epoch),
    });
  }

  #fresh(rows: Uint32Array, epoch: number, step: number): Batch {
    const batch = makeBatch(this.data, rows, this.settings, {
      augment: this.#random.split('augment', epoch, step),
      transform: this.#random.split('transform', epoch, step),
    });
    return { labels: batch, input: () => toTensor(batch, [0, batch.n], this.trainee.preprocessing) };
  }

  #cached(rows: Uint32Array, epoch: number, { train, passes, shape }: FrozenInputs): Batch {
    const first = ((epoch - 1) % passes) * this.data.n;
    const values = train.read(rows.map((row) => first + row));
    return { labels: takeLabels(this.data, rows), input: () => tf.tensor(values, [rows.length, ...shape]) };
  }

  /** Ends a training that diverged; what was saved before stays. */
  #demandFinite(name: string, loss: number, epoch: number, step: number): void {
    if (Number.isFinite(loss)) return;
    const rate = this.#rate((epoch - 1) * this.#stepsAnEpoch + step - 1);
    const saved = this.checkpoints ? ' The checkpoints before are as they were.' : '';
    throw new FerError(
      'DIVERGED',
      `${name} is ${loss} at epoch ${epoch}, step ${step}, learning rate ${rate}: lower the rate.${saved}`,
    );
  }

  /** Of the whole training, by the epochs that are done and the one under way. */
  #secondsLeft(epoch: number): number {
    const { settings, data } = this;
    const done = (epoch - 1) * data.n + this.#sums.images;
    const training = this.#history.reduce((sum, record) => sum + record.seconds, this.#sums.seconds);
    const perImage = Math.max(0, training - this.#validating) / done;
    const validation = this.#validating / Math.max(1, epoch - 1);
    return perImage * (settings.epochs * data.n - done) + validation * (settings.epochs - epoch + 1);
  }

  #rate(index: number): number {
    const { learningRate, schedule, epochs } = this.settings;
    return learningRate * schedule(index, epochs * this.#stepsAnEpoch, this.#history);
  }

  /** One step of the optimiser. */
  #update({ labels, input }: Batch, index: number, learningRate: number): { loss: number; correct: number } {
    const { trainee, settings, state } = this;
    const { optimizer, classWeights, emaDecay, clipNorm } = settings;
    const { model } = trainee;
    const n = labels.labels.length;
    const from = this.#frozen?.position;
    const seed = this.#random.split('dropout', index).uint32();
    return tf.tidy(() => {
      const x = input();
      const targets = tf.tensor2d(makeTargets(labels, settings.labelSmoothing), [n, labels.classes.length]);
      const weights = classWeights && tf.tensor1d(makeWeights(labels, classWeights));
      let predicted: ArrayLike<number> = [];
      const { value, grads } = tf.variableGrads(() => {
        const features = forward(model, x, { training: true, seed, step: index, from }) as tf.Tensor2D;
        const scores = topScores(trainee, features);
        predicted = tf.argMax(scores, 1).dataSync();
        return meanLoss(settings.loss, scores, targets, weights);
      }, [...state.trained]);
      const gradients = state.trained.map(({ name }) => grads[name]);
      const clipped = clipNorm === undefined ? gradients : clip(gradients, clipNorm);
      state.trained.forEach((weight, i) => {
        optimizer.update(weight, clipped[i], state.slots[i], { learningRate, step: index });
      });
      if (emaDecay !== undefined) state.average(Math.min(emaDecay, (1 + index) / (10 + index)));
      const correct = labels.labels.reduce((sum, label, i) => sum + Number(predicted[i] === label), 0);
      return { loss: value.dataSync()[0], correct };
    });
  }

  #measure(data: Dataset): Promise<{ loss: number; accuracy: number }> {
    return this.state.withAverages(() => measure(this.trainee, data, this.settings, this.#frozen));
  }

  get #bestEpoch(): number {
    const { monitor = 'accuracy' } = this.settings.earlyStopping ?? {};
    const scores = this.#history.map((record) => scoreOf(record, monitor));
    return scores.indexOf(Math.max(...scores)) + 1;
  }

  async #keepBest(): Promise<void> {
    const { averages, weights } = await this.state.snapshot();
    this.#best = averages.length > 0 ? averages : weights;
  }

  async #save(): Promise<void> {
    if (!this.checkpoints) return;
    const snapshot = await this.state.snapshot();
    await this.checkpoints.save({
      ...snapshot,
      ...{ step: this.#step, sums: this.#sums, history: this.#history, best: this.#best },
    });
  }
}

/** What one step learns from. */
interface Batch {
  readonly labels: Labels;
  /** What the network, or the part of it that trains, takes. */
  readonly input: () => tf.Tensor;
}

const NOTHING: EpochSums = { loss: 0, correct: 0, images: 0, seconds: 0 };
