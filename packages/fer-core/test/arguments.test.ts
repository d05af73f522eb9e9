import {
  checkArray,
  checkBoolean,
  checkFunction,
  checkMethods,
  checkObject,
  checkObjects,
  checkRandom,
  checkString,
  Random,
} from 'fer-core';
import { describe, expect, it } from 'vitest';

const refused = (message: string) => expect.objectContaining({ code: 'INVALID_ARGUMENT', message });

describe('checks of arguments name what was given, and what to give', () => {
  it('objects', () => {
    checkObject('the input', {}, 'give { n }');
    for (const [value, shown] of [
      [null, 'null'],
      [undefined, 'undefined'],
      ['x', '"x"'],
      [[], 'an array'],
      [new Uint8Array(1), 'a Uint8Array'],
      [new Map(), 'a Map'],
    ]) {
      expect(() => checkObject('the input', value, 'give { n }')).toThrow(
        refused(`the input is ${shown}: give { n }.`),
      );
    }
  });

  it('lists of objects', () => {
    checkObjects('the heads', [], 'give a list');
    checkObjects('the heads', [{}], 'give a list');
    expect(() => checkObjects('the heads', {}, 'give a list')).toThrow(
      refused('the heads are an object: give a list.'),
    );
    expect(() => checkObjects('the heads', [{}, undefined], 'give a list')).toThrow(
      refused('item 2 of the heads is undefined: give a list.'),
    );
  });

  it('generators of random numbers', () => {
    checkRandom(new Random(1));
    expect(() => checkRandom(1)).toThrow(refused('the generator of random numbers is 1: give a new Random(seed).'));
    expect(() => checkRandom({ uniform: () => 0 })).toThrow(
      refused('the generator of random numbers has no method normal: give a new Random(seed).'),
    );
  });

  it('strings, functions, arrays and methods', () => {
    checkString('the path', '');
    checkBoolean('gzip', false);
    for (const [value, shown] of [
      [0, '0'],
      ['true', '"true"'],
      [null, 'null'],
    ]) {
      expect(() => checkBoolean('gzip', value)).toThrow(refused(`gzip is ${shown}: it must be true or false.`));
    }
    checkFunction('fetch', () => undefined);
    checkArray('rows', new Uint8Array(2));
    checkMethods('the store', new Map(), ['get', 'set'], 'give a store');
    expect(() => checkString('the path', 3)).toThrow(refused('the path is 3: give a string.'));
    expect(() => checkFunction('fetch', {})).toThrow(refused('fetch is an object: give a function.'));
    expect(() => checkArray('rows', 'x')).toThrow(refused('rows are "x": give an array.'));
    expect(() => checkArray('rows', new DataView(new ArrayBuffer(1)))).toThrow(
      refused('rows are a DataView: give an array.'),
    );
    expect(() => checkMethods('the store', {}, ['get'], 'give a store')).toThrow(
      refused('the store has no method get: give a store.'),
    );
  });
});
