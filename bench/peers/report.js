/** The results as a table for people: on the terminal and in docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LIMITS } from './limits.js';

const DOCS = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const [BEGIN, END] = ['<!-- bench:peers -->', '<!-- bench:peers end -->'];

const COLUMNS = [
  'engine',
  'type',
  'ms',
  'spread',
  'GMAC/s',
  'MAC/cycle',
  'of the limit',
  '× ours',
  '× our binary',
];

/** Networks have no one limit. */
function rowsOf(result) {
  return ['native', 'wasm'].flatMap((place) =>
    result.entries.filter((entry) => entry.place === place).map((entry) => rowOf(result, entry)),
  );
}

function rowOf({ macs, hertz, network }, entry) {
  const { engine, place, kind, seconds, quartiles, timesOurs, timesOurBinary } = entry;
  const perCycle = macs / (seconds * hertz);
  const isOurs = engine === 'binarynet';
  const limit = isOurs && !network ? limitOf(entry) : undefined;
  const share = limit ? `${((100 * perCycle) / limit.perCycle).toFixed(0)} %` : '';
  const times = (factor) => (factor === undefined ? '' : factor.toFixed(2));
  return [
    isOurs ? `**binarynet** ${place}` : engine,
    kind,
    milliseconds(seconds),
    `${milliseconds(quartiles[0])}–${milliseconds(quartiles[1])}`,
    (macs / seconds / 1e9).toFixed(0),
    perCycle.toFixed(1),
    share,
    isOurs ? '' : times(timesOurs),
    times(timesOurBinary),
  ];
}

/** That of the kernel's folder; plain C is held to what the machine could. */
function limitOf({ kind, place, about }) {
  const folder = about.layers[about.core].kernel.split('__')[1];
  const limits =
    folder === 'scalar' ? { native: LIMITS.avx2, wasm: LIMITS.wasm }[place] : LIMITS[folder];
  return limits?.[kind];
}

function milliseconds(seconds) {
  return (seconds * 1e3).toPrecision(3);
}

/** One result, aligned, for the terminal. */
export function consoleTable(result) {
  const rows = [COLUMNS, ...rowsOf(result)].map((row) =>
    row.map((cell) => cell.replaceAll('**', '')),
  );
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const missing = result.missing.map(({ title, why }) => `missing: ${title}: ${why}`);
  return [`\n${result.title}`, ...rows.map(line), ...missing].join('\n');
}

/** Replaces the part of docs/performance.md between the marks. */
export function writeDocs(results) {
  const text = readFileSync(DOCS, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`docs/performance.md lacks ${BEGIN} … ${END}`);
  const sections = [limitsTable(), ...results.map(section)].join('\n');
  writeFileSync(DOCS, `${before}${BEGIN}\n${sections}\n${END}${after}`);
}

function limitsTable() {
  const { avx512, avx2, wasm } = LIMITS;
  const cell = ({ perCycle, why }) => `${perCycle} | ${why}`;
  const row = (kind) =>
    `| ${kind} | ${[avx512, avx2, wasm].map((limits) => cell(limits[kind])).join(' | ')} |`;
  return [
    '| MAC per cycle | AVX-512 | from | AVX2 | from | WebAssembly | from |',
    '| --- | ---: | --- | ---: | --- | ---: | --- |',
    ...Object.keys(avx2).map(row),
    '',
  ].join('\n');
}

function section(result) {
  const { title, macs, hertz, rounds, date, entries, missing } = result;
  const ruler = COLUMNS.map((_, i) => (i < 2 ? '---' : '---:'));
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    `${(macs / 1e6).toFixed(1)} million MAC. ${rounds} rounds, ${date}, clock ${(hertz / 1e9).toFixed(2)} GHz.`,
    '',
    ...[COLUMNS, ruler, ...rowsOf(result)].map(row),
    '',
    ...layerLines(entries),
    ...missing.map(({ title: name, why }) => `Missing: ${name}: ${why}`),
    '',
  ].join('\n');
}

/** Where the time of our binary network goes. */
function layerLines(entries) {
  const binary = entries.find(({ kind, layers }) => kind === 'binary' && layers);
  if (!binary) return [];
  const total = binary.layers.reduce((sum, seconds) => sum + seconds, 0);
  const share = (seconds) => `${((100 * seconds) / total).toFixed(1)} %`;
  const row = ({ name, kernel }, i) =>
    `| ${name} | \`${kernel}\` | ${(binary.layers[i] * 1e6).toFixed(1)} | ${share(binary.layers[i])} |`;
  const isBinaryConv = ({ op, kernel }) => op === 'Conv' && /^conv2d(_add)?_b1_b1_/.test(kernel);
  const inside = binary.layers.filter((_, i) => isBinaryConv(binary.about.layers[i]));
  const outside = total - inside.reduce((sum, seconds) => sum + seconds, 0);
  return [
    `The binary one, natively, by layer; ${share(outside)} of it is outside the binary convolutions:`,
    '',
    '| layer | kernel | µs | share |',
    '| --- | --- | ---: | ---: |',
    ...binary.about.layers.map(row),
    '',
  ];
}
