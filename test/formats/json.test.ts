import { expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { parseJson, property } from '../../src/formats/json.ts';

test('reads the NaN and Infinity that Python writes, outside texts only', () => {
  const text = '{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN \\" Infinity"}';
  expect(parseJson(text, 'It')).toEqual({
    a: null,
    b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    c: 'NaN " Infinity',
  });
});

test('keys of the prototype are no properties', () => {
  const value = parseJson('{"__proto__": {"polluted": 1}, "a": 1}', 'It');
  const object = value as { readonly [key: string]: null };
  expect(property(object, 'toString')).toBeUndefined();
  expect(property(object, '__proto__')).toEqual({ polluted: 1 });
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test.each([
  '{"a": 1',
  '',
  'nul',
  '{"a": N}',
  '{"a": Inf}',
  '{"a": "\\"}',
])('%j is corrupt', (text) => {
  expect(() => parseJson(text, 'It')).toThrow(BinarynetError);
});

test('deep nesting is refused before it is parsed, but not brackets in texts', () => {
  const deep = '['.repeat(100_000);
  expect(() => parseJson(deep, 'It')).toThrow(/nested more than 200 levels/);
  expect(parseJson(JSON.stringify('['.repeat(1000)), 'It')).toHaveLength(1000);
});

test('a megabyte of escaped quotes is refused at once', () => {
  const start = performance.now();
  expect(() => parseJson(`"${'\\"'.repeat(500_000)}`, 'It')).toThrow(/not valid JSON/);
  expect(performance.now() - start).toBeLessThan(2000);
});
