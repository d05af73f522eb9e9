import { describe, expect, it, vi } from 'vitest';
import { readOptions as compareHeads } from '../compare-heads/options.js';
import { readOptions as evaluate } from '../evaluate/options.js';
import { readOptions as serve } from '../serve/options.js';
import { wrap } from '../shared/commandLine.js';
import { clock, count } from '../shared/format.js';
import { readOptions as train } from '../train/options.js';
import { runExample } from './run.js';

const EXAMPLES = [
  'compare-heads',
  'custom-head',
  'evaluate',
  'fine-tune-vgg16',
  'pool-seeds',
  'predict-image',
  'serve',
  'train',
];

describe('every example', () => {
  it.each(EXAMPLES)(
    '%s answers --help, and does nothing else',
    async (name) => {
      const { stdout, stderr } = await runExample(name, ['--help']);
      expect(stdout).toMatch(/\n\nUsage: (npm|npx) .*\[options\]\n\n/);
      expect(stdout).toMatch(/\n {2}--help +Show this help\.\n$/);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(stderr).toBe('');
    },
    60_000,
  );

  it.each([
    ['evaluate', ['--model', 'shallow-cnn/l2svm', '--data', 'package.json'], 1, 'package.json'],
    ['fine-tune-vgg16', ['--speed', '9'], 2, "Unknown option '--speed'"],
    ['pool-seeds', [], 2, 'No DIR… given'],
    ['pool-seeds', ['examples'], 1, 'comparison.json: no such file or folder'],
  ])(
    '%s %j ends with a message, and no stack',
    async (name, args, code, message) => {
      const run = runExample(name, args);
      await expect(run).rejects.toMatchObject({ code, stderr: expect.stringContaining(message) });
      const { stderr } = await run.catch((error: { stderr: string }) => error);
      expect(stderr).not.toMatch(/^ {4}at /m);
      expect(stderr.split('\n').length).toBeLessThan(6);
    },
    60_000,
  );
});

describe('a mistake', () => {
  it.each([
    [compareHeads, ['--threads', 'abc'], '--threads is "abc": it must be a whole number from 1.'],
    [compareHeads, ['--threads', '0'], '--threads is "0"'],
    [compareHeads, ['--data', 'examples'], '--data is "examples", a folder: give a file.'],
    [compareHeads, ['--epochs', '2.5'], '--epochs is "2.5"'],
    [compareHeads, ['--C', '1,-1'], '--C is "-1": it must be a number above 0.'],
    [compareHeads, ['--seed', '1', '--seed', '2'], '--seed is given twice'],
    [compareHeads, ['extra'], "Unexpected argument 'extra'"],
    [serve, ['--port', '70000'], '--port is "70000": it must be at most 65535.'],
    [serve, ['--port', '80.5'], '--port is "80.5"'],
    [serve, ['--mode', 'slow'], '--mode is "slow": it must be thorough or fast.'],
    [evaluate, ['--data', 'package.json'], '--model NAME|DIR is missing'],
    [evaluate, ['--model', 'vgg99', '--data', 'missing.csv'], '--data is "missing.csv": no such file or folder'],
    [serve, ['photo.jpg'], "Unexpected argument 'photo.jpg'"],
    [train, ['--recipe', 'none', '--data', 'package.json'], '--recipe is "none": it must be one of shallow-cnn'],
    [train, ['--recipe', 'shallow-cnn'], '--data FILE.csv[.gz] is missing'],
  ])('%o %j ends the program before anything is done', (readOptions, args, message) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      expect(() => readOptions(args)).toThrow('exit 2');
      expect(error.mock.calls[0][0]).toContain(message);
      expect(error.mock.calls[0][0]).toMatch(/\nUsage: .* --help$/);
    } finally {
      exit.mockRestore();
      error.mockRestore();
    }
  });

  it('is none if the value is valid', () => {
    expect(compareHeads(['--C', '1,0.5', '--json'])).toMatchObject({
      C: [1, 0.5],
      json: true,
      open: false,
      models: [],
      data: null,
      epochs: 8,
      seed: 1,
    });
    expect(evaluate(['--model', 'a', '--model', 'b', '--data', 'examples'])).toEqual({
      models: ['a', 'b'],
      data: 'examples',
      threads: undefined,
      json: false,
    });
  });
});

it('counts in words', () => {
  expect([count(1, 'face'), count(0, 'face'), count(28709, 'face')]).toEqual(['1 face', '0 faces', '28,709 faces']);
  expect([5, 75, 3600, 7505].map(clock)).toEqual(['0:05', '1:15', '1:00:00', '2:05:05']);
  expect(wrap('one two three', 7, 2)).toBe('one two\n  three');
});
