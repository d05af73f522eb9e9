import type { Progress } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import { expect, it, vi } from 'vitest';

const step: Progress = {
  kind: 'step',
  epoch: 1,
  epochs: 2,
  step: 12,
  steps: 24,
  loss: 1.5,
  accuracy: 0.4321,
  imagesPerSecond: 480,
  secondsLeft: 3725,
};
const epoch: Progress = {
  kind: 'epoch',
  epoch: 1,
  epochs: 2,
  loss: 1.25,
  accuracy: 0.5,
  validationAccuracy: 0.6,
  learningRate: 0.05,
  seconds: 75,
};

function fakeStream(columns?: number) {
  const stream = {
    isTTY: columns !== undefined,
    columns: columns ?? 0,
    text: '',
    write(text: string) {
      stream.text += text;
      return true;
    },
  };
  return stream as typeof stream & Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;
}

it('prints one line per epoch without a terminal', () => {
  const stream = fakeStream();
  const print = consoleProgress('Training', { stream, validation: 'PublicTest' });
  print(step);
  print(epoch);
  print({ kind: 'transform', done: 500, total: 1000 });
  print({ kind: 'transform', done: 1000, total: 1000 });
  expect(stream.text).toBe(
    'Training  epoch 1/2  loss 1.250  accuracy 50.00 %  PublicTest 60.00 %  1:15\n' +
      `Training  ${'█'.repeat(24)}  1,000/1,000 images\n`,
  );
});

it('redraws a bar in place on a terminal, at most ten times per second', () => {
  const stream = fakeStream(200);
  vi.spyOn(performance, 'now').mockReturnValueOnce(1000).mockReturnValueOnce(1050).mockReturnValueOnce(1200);
  const print = consoleProgress('Training', { stream });
  for (let i = 0; i < 3; i++) print(step);
  const line = `\r\x1b[2KTraining  epoch 1/2  ${'█'.repeat(12)}${'░'.repeat(12)}  loss 1.500  accuracy 43.21 %  480 images/s  1:02:05 left`;
  expect(stream.text).toBe(line + line);
});

it('keeps a line within the terminal: the bar gets short, then figures are left out', () => {
  for (const columns of [100, 80, 60, 50]) {
    const stream = fakeStream(columns);
    consoleProgress('Training', { stream })(step);
    const shown = stream.text.replace('\r\x1b[2K', '');
    expect(shown.length, `${columns} columns`).toBeLessThan(columns);
    expect(shown).toMatch(/epoch 1\/2 .*1:02:05 left$/);
  }
});

it('prints every warning whole, on a line of its own', () => {
  const stream = fakeStream(20);
  const message = 'the solver did not converge: standardise the features';
  consoleProgress('Fitting', { stream })({ kind: 'warning', code: 'NOT_CONVERGED', message });
  expect(stream.text).toBe(`\r\x1b[2KFitting  warning: ${message}\n`);
});

it('refuses a misspelt option', () => {
  expect(() => consoleProgress('Fitting', { nouns: 'face' } as object)).toThrow(/no option "nouns"/);
});

it('refuses a title, nouns and a stream that cannot be printed or printed to', () => {
  expect(() => consoleProgress(undefined as never)).toThrow(/^the title is undefined: give a string/);
  expect(() => consoleProgress('Fitting', { noun: null as never })).toThrow(/^noun is null/);
  expect(() => consoleProgress('Fitting', { stream: {} as never })).toThrow(/^stream has no method write/);
});

it('counts what it is told to, in the singular and the plural', () => {
  const stream = fakeStream();
  const print = consoleProgress('Fitting', { stream, noun: 'cell' });
  print({ kind: 'transform', done: 1, total: 1 });
  print({ kind: 'transform', done: 1200, total: 1200 });
  expect(stream.text).toMatch(/1\/1 cell\n.*1,200\/1,200 cells\n$/);
});
