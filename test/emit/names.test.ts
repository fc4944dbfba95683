import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commentText, Identifiers, programName } from '../../src/emit/names.ts';

const HOSTILE = [
  '*/ system("x"); /*',
  '../../evil',
  '..\\..\\evil',
  'a\nb\r\nc\u2028d',
  '#include "/etc/passwd"',
  '??/\n*/',
  '\\',
  '\u0000',
  '日本語',
  '\u202egnp.exe',
  '😀',
  'x'.repeat(10_000),
  '*'.repeat(10_000),
  '',
  ' ',
  '9lives',
  'int',
  'class',
  'CON',
  '__proto__',
  'constructor',
  '%s%n',
  '$(x)',
  '`',
  "'",
];

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom('*', '/', '\\', '?', '\n', '"', "'", ' ', 'a', '_', '\u00e9'),
  }),
);

function expectHarmless(text: string): void {
  const shown = commentText(text);
  expect(shown).toMatch(/^[ -~]*$/);
  expect(shown).not.toMatch(/[*\\](?!u\{)/);
  expect(shown).not.toContain('??');
  expect(shown.length).toBeLessThanOrEqual(64 * 10 + 3);
  const name = programName(text);
  expect(name).toMatch(/^[A-Za-z]\w{0,63}$/);
  expect(name).not.toContain('__');
  expect(new Identifiers().unique(text, 'layer')).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
}

describe('hostile names', () => {
  test.each(HOSTILE.map((text) => [text.slice(0, 20), text]))('%j is harmless', (_, text) => {
    expectHarmless(text);
  });

  test('any text is harmless', () => {
    fc.assert(fc.property(anything, expectHarmless), { seed: 1, numRuns: 2000 });
  });
});

describe('programName', () => {
  test.each([
    ['net', 'net'],
    ['ResNet-8 (v1.0)', 'ResNet_8_v1_0'],
    ['models/my model', 'models_my_model'],
    ['größe', 'gro_e'],
    ['', 'net'],
    ['2nd', 'net_2nd'],
    ['int', 'int_net'],
    ['NUL', 'NUL_net'],
    ['test', 'test_net'],
    ['bn', 'bn_net'],
    ['bn_words', 'net_bn_words'],
    ['__x__', 'x'],
  ])('%j is %s', (text, expected) => {
    expect(programName(text)).toBe(expected);
  });
});

describe('Identifiers', () => {
  test('are unique, also when they differ in case or beyond their length only', () => {
    const identifiers = new Identifiers(['arena']);
    const long = 'a'.repeat(100);
    const given = ['x', 'X', 'x_2', 'arena', long, `${long}b`, 'for', 'For', ''].map((text) =>
      identifiers.unique(text, 'layer'),
    );
    expect(given.slice(0, 4)).toEqual(['x', 'x_2', 'x_2_2', 'arena_2']);
    expect(given.slice(6)).toEqual(['layer_for', 'layer_for_2', 'layer']);
    expect(new Set(given).size).toBe(given.length);
  });

  test('never clash, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), (texts) => {
        const identifiers = new Identifiers();
        const given = texts.map((text) => identifiers.unique(text, 'layer'));
        expect(new Set(given).size).toBe(given.length);
      }),
      { seed: 2 },
    );
  });
});

describe('commentText', () => {
  test.each([
    ['conv2d_1/BiasAdd:0', 'conv2d_1/BiasAdd:0'],
    ['*/ system("x"); /*', '\\u{2a}/ system("x"); /\\u{2a}'],
    ['é\n', '\\u{e9}\\u{a}'],
    ['what??/', 'what?\\u{3f}/'],
    ['a'.repeat(65), `${'a'.repeat(64)}...`],
  ])('%j is shown as %j', (text, expected) => {
    expect(commentText(text)).toBe(expected);
  });
});
