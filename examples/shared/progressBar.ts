import type { Progress } from 'fer-core';

const WIDTH = 24;

/**
 * Draws what a long call reports: a bar that is redrawn in place on a terminal, a line an epoch elsewhere.
 *
 * @returns What to pass as `onProgress`.
 */
export function progressBar(title: string, stream: NodeJS.WriteStream = process.stderr): (event: Progress) => void {
  let drawn = 0;
  return (event) => {
    const line = describe(event);
    const finished = event.kind === 'epoch' || event.kind === 'checkpoint' || isLast(event);
    const now = performance.now();
    if (!line || (!finished && (!stream.isTTY || now - drawn < 100))) return;
    drawn = now;
    const text = `${title}  ${line}`;
    if (stream.isTTY) stream.write(`\r\x1b[2K${text.slice(0, stream.columns - 1)}${finished ? '\n' : ''}`);
    else stream.write(`${text}\n`);
  };
}

function describe(event: Progress): string | undefined {
  switch (event.kind) {
    case 'step': {
      const { epoch, epochs, step, steps, loss, accuracy, imagesPerSecond, secondsLeft } = event;
      const rate = `${imagesPerSecond.toFixed(0)} images/s  ${clock(secondsLeft)} left`;
      return `epoch ${epoch}/${epochs} ${bar(step / steps)}  loss ${loss.toFixed(3)}  accuracy ${percent(accuracy)}  ${rate}`;
    }
    case 'epoch': {
      const { epoch, epochs, loss, accuracy, validationAccuracy, seconds } = event;
      const validated = validationAccuracy === undefined ? '' : `  validation ${percent(validationAccuracy)}`;
      return `epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  accuracy ${percent(accuracy)}${validated}  ${clock(seconds)}`;
    }
    case 'load':
      return event.totalBytes ? `${bar(event.bytes / event.totalBytes)}  ${event.rows} faces` : `${event.rows} faces`;
    case 'transform':
      return `${bar(event.done / event.total)}  ${event.done}/${event.total} images`;
    case 'checkpoint':
      return event.action === 'saved'
        ? undefined
        : `${event.file} ${event.action}${event.reason ? `: ${event.reason}` : ''}`;
    case 'solver':
      return undefined;
  }
}

function isLast(event: Progress): boolean {
  if (event.kind === 'transform') return event.done === event.total;
  return event.kind === 'load' && event.bytes === event.totalBytes;
}

/** 0.5 → half a bar; what is outside 0..1 is an empty or a full one. */
export function bar(share: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
}

/** 0.6163 → 61.63 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** 75 → 1:15. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
