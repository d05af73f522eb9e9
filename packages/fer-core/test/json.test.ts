import { checkJson } from 'fer-core';
import { expect, it } from 'vitest';

it('takes what JSON holds, absent properties, and one object in two places', () => {
  const shared = { gamma: 0.1 };
  for (const value of [null, true, 'a', 0, [], {}, { a: [1, { b: null }], c: undefined }, [shared, shared]]) {
    expect(() => checkJson('options', value)).not.toThrow();
  }
  expect(() => checkJson('options', Object.create(null))).not.toThrow();
});

const cyclic: Record<string, unknown> = {};
cyclic.self = [cyclic];

it.each<[string, unknown, string]>([
  ['undefined', undefined, 'options is undefined: '],
  ['NaN', { C: Number.NaN }, 'options.C is NaN: '],
  ['an infinity', { C: [1, Number.NEGATIVE_INFINITY] }, 'options.C[1] is -Infinity: '],
  ['a function', { kernel: { of: () => 1 } }, 'options.kernel.of is a function: '],
  ['a symbol', { a: Symbol('a') }, 'options.a is a symbol: '],
  ['a big integer', { a: 1n }, 'options.a is a bigint: '],
  ['a map', { a: new Map([[1, 2]]) }, 'options.a is a Map: '],
  ['a set', { a: new Set([1]) }, 'options.a is a Set: '],
  ['a date', { a: new Date(0) }, 'options.a is a Date: '],
  ['a typed array', { a: new Float32Array(2) }, 'options.a is a Float32Array: '],
  ['an object of a class', { a: new (class Kernel {})() }, 'options.a is a Kernel: '],
  ['undefined in an array', { a: [1, undefined] }, 'options.a[1] is undefined: '],
  ['a hole of an array', { a: new Array(1) }, 'options.a[0] is undefined: '],
  ['a cycle', cyclic, 'options.self[0] is an object that contains itself: '],
])('refuses %s with its path', (_, value, message) => {
  expect(() => checkJson('options', value)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});
