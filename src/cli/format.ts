/** Numbers and tables as people read them. */
import Table from 'cli-table3';
import type { Colors } from './io.ts';

/** 1234567 → "1,234,567" */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** Bytes in the unit that shows three digits: "96 B", "1.46 KiB", "22.1 MiB". */
export function byteSize(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB']);
}

/** A count with a decimal unit: "950", "1.25 k", "12.5 M". */
export function countSize(count: number): string {
  return scaled(count, 1000, ['', 'k', 'M', 'G', 'T']).trim();
}

/** Seconds in the unit that shows three digits: "81.5 ns", "1.23 ms". */
export function duration(seconds: number): string {
  if (seconds >= 1) return `${threeDigits(seconds)} s`;
  if (seconds >= 1e-3) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds >= 1e-6) return `${threeDigits(seconds * 1e6)} µs`;
  return `${threeDigits(seconds * 1e9)} ns`;
}

/** A share of a whole: "97.3 %". */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** How many times: "12.3×". */
export function times(ratio: number): string {
  return `${threeDigits(ratio)}×`;
}

export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (rest >= step && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : threeDigits(rest)} ${units[unit]}`;
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table with light rules; numbers belong in columns aligned to the right. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  footer?: readonly string[],
): string {
  const table = new Table({
    head: columns.map((column) => colors.bold(column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_RULES,
  });
  table.push(...rows.map((row) => [...row]));
  if (footer) table.push(footer.map((cell) => colors.bold(cell)));
  const lines = table.toString().split('\n');
  if (footer) lines.splice(-1, 0, lines[1] ?? '');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const PLAIN_RULES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '─',
  mid: '─',
  'mid-mid': '─',
  right: '',
  'right-mid': '─',
  middle: ' ',
} as const;
