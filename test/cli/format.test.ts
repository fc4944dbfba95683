import pc from 'picocolors';
import { expect, test } from 'vitest';
import {
  byteSize,
  countSize,
  duration,
  grouped,
  percent,
  renderTable,
  shapeText,
} from '../../src/cli/format.ts';

test('numbers read well at every size', () => {
  expect([0, 96, 1500, 22_650_000, 5 * 2 ** 30].map(byteSize)).toEqual([
    '0 B',
    '96 B',
    '1.46 KiB',
    '21.6 MiB',
    '5.00 GiB',
  ]);
  expect([950, 1250, 12_500_000, 3.4e12].map(countSize)).toEqual([
    '950',
    '1.25 k',
    '12.5 M',
    '3.40 T',
  ]);
  expect([8.15e-8, 1.234e-3, 2, 5e-5].map(duration)).toEqual([
    '81.5 ns',
    '1.23 ms',
    '2.00 s',
    '50.0 µs',
  ]);
  expect(grouped(1234567)).toBe('1,234,567');
  expect([percent(895, 1017), percent(0, 0)]).toEqual(['88.0 %', '–']);
  expect([shapeText([1, 32, 32, 3]), shapeText([])]).toEqual(['1×32×32×3', 'scalar']);
});

test('a table has a rule under its head and over its foot', () => {
  const table = renderTable(
    [{ title: 'a' }, { title: 'n', align: 'right' }],
    [
      ['x', '1'],
      ['long name', '1,000'],
    ],
    pc.createColors(false),
    ['total', '1,001'],
  );
  expect(table.split('\n').map((line) => line.replace(/^─+$/, '─'))).toEqual([
    ' a               n',
    '─',
    ' x               1',
    ' long name   1,000',
    '─',
    ' total       1,001',
    '',
  ]);
});
