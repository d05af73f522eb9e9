import { bindRunOptions, breathe } from 'fer-core';
import { describe, expect, it } from 'vitest';

describe('breathe', () => {
  it('lets timers run', async () => {
    let ran = false;
    setTimeout(() => {
      ran = true;
    });
    const end = Date.now() + 1000;
    while (!ran && Date.now() < end) await breathe();
    expect(ran).toBe(true);
  });

  it('rejects with the reason of a signal aborted before or meanwhile', async () => {
    const reason = new Error('enough');
    await expect(breathe(AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = breathe(controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('resolves with a signal that stays quiet', async () => {
    await expect(breathe(new AbortController().signal)).resolves.toBeUndefined();
  });
});

it.each([[new Map()], [[]], [null], ['x']])('bindRunOptions refuses %o', (options) => {
  expect(() => bindRunOptions(options as object)).toThrow(/^the options are .+: give an object such as/);
});
