/** `<name>.c`: the table of layers, the kernels, `check` and `run`. */
import type { Unary } from '../ir/ops.ts';
import { activationFunction } from '../plan/lowering.ts';
import type { KernelCall, Program } from '../plan/program.ts';
import { STRUCTS } from '../plan/structs.ts';
import { sizesText } from '../plan/summary.ts';
import { type Amalgamation, amalgamate } from './amalgamate.ts';
import { arenaSize } from './c-header.ts';
import {
  activationParameters,
  layerText,
  repeatsPrototype,
  runText,
  tracePrototype,
  writtenBuffer,
} from './c-run.ts';
import { threadsSourceText } from './c-threads.ts';
import type { KernelSources } from './kernel-sources.ts';
import type { ProgramNames } from './naming.ts';
import { hexWord, needsMathHeader, withCommas } from './numbers.ts';
import { weightBytesPerCall } from './report.ts';
import { VERSION_LINE } from './version.ts';

export interface SourceOptions {
  readonly embed: boolean;
  readonly trace: boolean;
  readonly timed: boolean;
  readonly header: Uint32Array;
}

export function sourceText(
  program: Program,
  names: ProgramNames,
  kernels: KernelSources,
  options: SourceOptions,
): string {
  const { name, macro } = names;
  const pasted = amalgamate(functionsOf(program), kernels, {
    BN_WORD_BITS: String(program.target.wordBits),
  });
  return `/*
 * ${name}.c: a neural network. ${VERSION_LINE}
 *
${tableText(program)}
 *
 * Target ${program.target.name}, bits in words of ${program.target.wordBits}.
 *
${usageText(names, options.embed)}
 */
#include "${name}.h"

${includesText(program, pasted)}
/* ---- Kernels ---- */

${pasted.text}
/* ---- The network ---- */

${checkText(macro, name, options.header)}
${options.trace ? `${tracePrototype(names)}\n\n` : ''}${options.timed ? `${repeatsPrototype(names)}\n\n` : ''}${threadsSourceText(program, names, kernels)}${runText(program, names, options)}`;
}

/** Kernels and activations, each once, in the order of their first use. */
function functionsOf(program: Program): string[] {
  const functions = new Set<string>();
  for (const call of program.calls) {
    for (const { fn } of activationsOf(call)) {
      if (fn !== 'identity') functions.add(activationFunction(fn));
    }
    functions.add(call.kernel);
  }
  return [...functions];
}

function activationsOf({ struct, shape }: KernelCall): Unary[] {
  const fields = Object.entries<string>(STRUCTS[struct]);
  return fields.flatMap(([name, type]) => (type === 'activation' ? [shape[name] as Unary] : []));
}

function includesText(program: Program, pasted: Amalgamation): string {
  const floats = program.calls.flatMap((call) => [
    ...activationsOf(call).flatMap(activationParameters),
    ...Object.values(call.shape).filter((field) => typeof field === 'number'),
  ]);
  const includes = new Set(['stddef.h', 'stdint.h', ...pasted.systemIncludes]);
  if (floats.some(needsMathHeader)) includes.add('math.h');
  return [...includes]
    .sort()
    .map((path) => `#include <${path}>\n`)
    .join('');
}

interface Row {
  readonly cells: readonly string[];
}

/** One line per call, and the totals. */
function tableText(program: Program): string {
  const weightBytes = weightBytesPerCall(program);
  const rows: Row[] = program.calls.map((call, index) => ({
    cells: [
      String(index + 1),
      layerText(call),
      call.summary,
      sizesText(writtenBuffer(program, call).shape),
      withCommas(call.macs),
      withCommas(weightBytes[index] as number),
      call.kernel,
    ],
  }));
  const head = ['', 'layer', 'what it does', 'output', 'MACs', 'weights', 'kernel'];
  const lines = alignColumns([head, ...rows.map(({ cells }) => cells)]);
  const macs = program.calls.reduce((sum, call) => sum + call.macs, 0);
  const totals = [
    `${withCommas(macs)} multiply-adds`,
    `${withCommas(program.weightsBytes)} bytes of weights`,
    `${withCommas(arenaSize(program))} bytes of scratch memory`,
  ];
  return [...lines.map((line) => ` * ${line}`), ' *', ` * In all ${totals.join(', ')}.`].join('\n');
}

const RIGHT_ALIGNED = new Set([0, 4, 5]);

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return RIGHT_ALIGNED.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function usageText({ name, macro, inputs, outputs }: ProgramNames, embed: boolean): string {
  const weights = embed ? `${name}_weights` : 'weights';
  const load = embed
    ? `compile ${name}_weights.c as well`
    : `map ${name}.weights or read it to memory at a multiple of 16`;
  const ports = [...inputs, ...outputs].map(({ parameter }) => parameter).join(', ');
  return ` * To use it, ${load}.
 * Have ${macro}_ARENA_SIZE bytes of memory at a multiple of 16. Call once:
 *     ${name}_check(${weights}, ${macro}_WEIGHTS_SIZE)    gives 0 when the weights fit
 * and then as often as you like:
 *     ${name}_run(${weights}, arena, ${ports})
 * Compile with -std=c99, so that float operations are rounded one by one as in the source model.`;
}

function checkText(macro: string, name: string, header: Uint32Array): string {
  const words = [...header].map(hexWord);
  const rows = [0, 4, 8, 12].map((row) => `    ${words.slice(row, row + 4).join(', ')},`);
  return `/* The header of the weights. Word 7 is the CRC-32 of what follows it. */
static const uint32_t header[16] = {
${rows.join('\n')}
};

static uint32_t crc32(const unsigned char *data, size_t size)
{
    /* table[n] is the CRC of the four bits n. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = table[crc & 15] ^ (crc >> 4);
        crc = table[crc & 15] ^ (crc >> 4);
    }
    return ~crc;
}

int ${name}_check(const void *weights, size_t size)
{
    const uint32_t *found = weights;
    if (((uintptr_t)weights & 15) != 0)
        return ${macro}_CHECK_ALIGNMENT;
    if (size < sizeof header)
        return ${macro}_CHECK_SIZE;
    if (found[0] != header[0])
        return ${macro}_CHECK_MAGIC;
    for (int i = 1; i < 6; i++)
        if (found[i] != header[i])
            return ${macro}_CHECK_FORMAT;
    for (int i = 6; i < 16; i++)
        if (found[i] != header[i])
            return ${macro}_CHECK_MODEL;
    if (size != ${macro}_WEIGHTS_SIZE)
        return ${macro}_CHECK_SIZE;
    if (crc32((const unsigned char *)weights + sizeof header, size - sizeof header) != header[7])
        return ${macro}_CHECK_CORRUPT;
    return ${macro}_CHECK_OK;
}
`;
}
