/** `<name>.h`: what a user of the network includes. */
import type { PortType } from '../ir/elements.ts';
import type { Program } from '../plan/program.ts';
import { sizesText } from '../plan/summary.ts';
import { prototypeOf, threadsHeaderText } from './c-threads.ts';
import type { KernelSources } from './kernel-sources.ts';
import { commentText } from './names.ts';
import type { PortNames, ProgramNames } from './naming.ts';
import { withCommas } from './numbers.ts';
import { VERSION_LINE } from './version.ts';

export function headerText(
  program: Program,
  names: ProgramNames,
  kernels: KernelSources,
  embed: boolean,
): string {
  const { name, macro } = names;
  const ports = [...names.inputs, ...names.outputs];
  return `/*
 * ${name}.h: a neural network. ${VERSION_LINE}
 *
${memoryText(program, names, embed)}
 */
#ifndef ${macro}_H
#define ${macro}_H

#include <stddef.h>
#include <stdint.h>
#ifdef ${macro}_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that ${name}_run needs. */
#define ${macro}_ARENA_SIZE ${arenaSize(program)}
/* Bytes of the weights. */
#define ${macro}_WEIGHTS_SIZE ${program.weightsBytes}

/* Elements per input and output. */
${ports.map(({ sizeMacro, size }) => `#define ${sizeMacro} ${size}`).join('\n')}

/* What ${name}_check returns. */
enum ${name}_check_result {
    ${macro}_CHECK_OK = 0,
    ${macro}_CHECK_ALIGNMENT = 1, /* the weights don't start at a multiple of 16 */
    ${macro}_CHECK_MAGIC = 2,     /* not a weight file, or this processor is big-endian */
    ${macro}_CHECK_FORMAT = 3,    /* packed for another target, or by another version */
    ${macro}_CHECK_MODEL = 4,     /* the weights of another model */
    ${macro}_CHECK_SIZE = 5,      /* too short or too long */
    ${macro}_CHECK_CORRUPT = 6    /* the weights have changed */
};
${embed ? embeddedText(names) : ''}
/*
 * Are these the weights of this network, whole and unchanged? Reads all of them once.
 * weights: 16-byte aligned. size: how many bytes there are.
 */
int ${name}_check(const void *weights, size_t size);

/*
 * Runs the network once. Re-entrant: all that it writes is the arena and the outputs.
 * weights: ${macro}_WEIGHTS_SIZE bytes that ${name}_check accepts, 16-byte aligned.
 * arena: ${macro}_ARENA_SIZE bytes, 16-byte aligned; what they hold before and after is of no matter.
${ports.map((port) => ` * ${port.parameter}: ${portText(port)}`).join('\n')}
 * None of these may overlap. Elements lie in the order of C arrays, the last axis the fastest.
 */
${runPrototype(names)};

${threadsHeaderText(program, names, kernels)}
#ifdef __cplusplus
}
#endif

#endif
`;
}

/** `void net_run(…)`, wrapped at its parameters. */
function runPrototype(names: ProgramNames): string {
  return prototypeOf(`void ${names.name}_run(`, names);
}

/** At least one, as C has no arrays of size 0. */
export function arenaSize(program: Program): number {
  return Math.max(16, program.arenaBytes);
}

function memoryText(program: Program, { name }: ProgramNames, embed: boolean): string {
  const weights = withCommas(program.weightsBytes);
  const where = embed ? `in ${name}_weights.c` : `in ${name}.weights`;
  return ` * Weights: ${weights} bytes, ${where}. Scratch memory: ${withCommas(arenaSize(program))} bytes.`;
}

function embeddedText({ name, macro }: ProgramNames): string {
  return `
/* The weights, in read-only memory: ${macro}_WEIGHTS_SIZE bytes, 16-byte aligned. */
extern const uint32_t ${name}_weights[${macro}_WEIGHTS_SIZE / 4];
`;
}

const ELEMENTS: Readonly<Record<PortType, string>> = {
  f32: 'floats',
  i32: 'integers of 32 bits',
  i16: 'integers of 16 bits',
  u16: 'integers from 0 to 65535',
  i8: 'integers from -128 to 127',
  u8: 'integers from 0 to 255',
  bool: 'truth values (0 or 1)',
};

/** How many of what, their shape, and what the model calls them where the parameter doesn't. */
function portText({ parameter, sizeMacro, port }: PortNames): string {
  const text = `${sizeMacro} ${ELEMENTS[port.dtype]}, ${sizesText(port.shape)}`;
  return port.name === parameter ? text : `${text}; "${commentText(port.name)}" in the model`;
}
