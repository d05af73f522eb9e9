import { checkMethods, checkString } from '../arguments.js';
import { checkOptions } from '../options.js';
import type { Progress } from '../progress.js';

/** Characters in a bar, and in the short bar used if a line is too long for the terminal. */
const WIDTH = 24;
const SHORT = 10;

/** Options of {@link consoleProgress}. */
export interface ConsoleProgressOptions {
  /** The unit that `transform` events count, in the singular. @default 'image' */
  readonly noun?: string | undefined;
  /** What the validation set is called. @default 'validation' */
  readonly validation?: string | undefined;
  /** The stream to write to. @default process.stderr */
  readonly stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'> | undefined;
}

/**
 * Prints what a long call reports. On a terminal a bar is redrawn in place, at most ten times per second; elsewhere, as
 * in a log file, there is one line per epoch and one per finished piece of work. Warnings get lines of their own.
 *
 * @param title - Text at the start of each line, e.g. `'Training'`.
 * @throws FerError `INVALID_ARGUMENT` if the title or an option is not of its type.
 * @returns The function to pass as `onProgress`. Create one for each call.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { epochs: 20, validation: publicTest, onProgress: consoleProgress('Training') });
 * // Training  epoch 3/20  ████████░░░░░░░░░░░░░░░░  loss 1.204  accuracy 54.10 %  480 images/s  9:12 left
 * ```
 */
export function consoleProgress(title: string, options: ConsoleProgressOptions = {}): (event: Progress) => void {
  checkOptions('consoleProgress', options, ['noun', 'validation', 'stream']);
  const { noun = 'image', validation = 'validation', stream = process.stderr } = options;
  checkString('the title', title);
  checkString('noun', noun);
  checkString('validation', validation);
  checkMethods('stream', stream, ['write'], 'give one such as process.stderr');
  let drawn = 0;
  return (event) => {
    const segments = describe(event, noun, validation);
    const finished = isLast(event);
    const now = performance.now();
    if (!segments || (!finished && (!stream.isTTY || now - drawn < 100))) return;
    drawn = now;
    if (!stream.isTTY) stream.write(`${title}  ${line(segments, Number.POSITIVE_INFINITY)}\n`);
    else {
      const wrapped = event.kind === 'warning' ? Number.POSITIVE_INFINITY : stream.columns - 3 - title.length;
      stream.write(`\r\x1b[2K${title}  ${line(segments, wrapped)}${finished ? '\n' : ''}`);
    }
  };
}

/** A part of a line. If the line is too long, parts of higher rank are left out first; those without a rank stay. */
interface Segment {
  readonly text: string;
  /** Used instead of `text` if the line is too long. */
  readonly short?: string;
  readonly rank?: number;
}

/** The segments that fit into the given width: bars are shortened first, then parts are left out by rank. */
function line(segments: readonly Segment[], width: number): string {
  const join = (parts: readonly Segment[], short: boolean) =>
    parts.map((part) => (short ? (part.short ?? part.text) : part.text)).join('  ');
  let kept = segments;
  if (join(kept, false).length <= width) return join(kept, false);
  while (join(kept, true).length > width) {
    const last = Math.max(...kept.map(({ rank = 0 }) => rank));
    if (last === 0) break;
    kept = kept.filter(({ rank = 0 }) => rank !== last);
  }
  return join(kept, true).slice(0, Math.max(0, width));
}

function describe(event: Progress, noun: string, validation: string): Segment[] | undefined {
  switch (event.kind) {
    case 'step': {
      const { epoch, epochs, step, steps, loss, accuracy, imagesPerSecond, secondsLeft } = event;
      return [
        { text: `epoch ${epoch}/${epochs}` },
        barOf(step / steps),
        { text: `loss ${loss.toFixed(3)}`, rank: 2 },
        { text: `accuracy ${percent(accuracy)}`, rank: 1 },
        { text: `${imagesPerSecond.toFixed(0)} images/s`, rank: 3 },
        { text: `${clock(secondsLeft)} left` },
      ];
    }
    case 'epoch': {
      const { epoch, epochs, loss, accuracy, validationAccuracy, seconds } = event;
      return [
        { text: `epoch ${epoch}/${epochs}` },
        { text: `loss ${loss.toFixed(3)}`, rank: 1 },
        { text: `accuracy ${percent(accuracy)}` },
        ...(validationAccuracy === undefined ? [] : [{ text: `${validation} ${percent(validationAccuracy)}` }]),
        { text: clock(seconds), rank: 2 },
      ];
    }
    case 'load': {
      const rows = { text: count(event.rows, 'face') };
      return event.totalBytes ? [barOf(event.bytes / event.totalBytes), rows] : [rows];
    }
    case 'transform':
      return [
        barOf(event.done / event.total),
        { text: `${event.done.toLocaleString('en-US')}/${count(event.total, noun)}` },
      ];
    case 'checkpoint':
      return event.action === 'saved'
        ? undefined
        : [{ text: `${event.file} ${event.action}${event.reason ? `: ${event.reason}` : ''}` }];
    case 'warning':
      return [{ text: `warning: ${event.message}` }];
    case 'solver':
      return undefined;
  }
}

function isLast(event: Progress): boolean {
  if (event.kind === 'transform') return event.done === event.total;
  if (event.kind === 'load') return event.bytes === event.totalBytes;
  return event.kind === 'epoch' || event.kind === 'checkpoint' || event.kind === 'warning';
}

function barOf(share: number): Segment {
  return { text: bar(share), short: bar(share, SHORT), rank: 0.5 };
}

function bar(share: number, width = WIDTH): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** 75 → 1:15, 7500 → 2:05:00. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** 1 → "1 face", 1000 → "1,000 faces". */
function count(n: number, noun: string): string {
  return `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
}
