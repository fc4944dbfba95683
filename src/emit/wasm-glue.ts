/**
 * The C between a program and its WebAssembly host. Memory belongs to the host: nothing of any size
 * is static, so weights of hundreds of megabytes work. The module exports, beside `memory`:
 *
 *     binarynet_weights()    address of the weights, the first multiple of 16 from __heap_base on
 *     binarynet_input_<i>()  address of input i
 *     binarynet_output_<i>() address of output i
 *     binarynet_end()        first address past all of that: the host grows `memory` up to it
 *     binarynet_check()      0 when the weights written there fit, as <name>_check in <name>.h
 *     binarynet_run()        runs the network once
 *
 * A traced program imports `binarynet.trace(call, address, bytes)`; others import nothing.
 */
import type { Program } from '../plan/program.ts';
import { nameProgram, type PortNames } from './naming.ts';
import type { OutputFile } from './output.ts';
import { VERSION_LINE } from './version.ts';

/** The exported functions, for the linker. */
export function wasmExports(program: Program): string[] {
  return [
    'binarynet_weights',
    ...program.inputs.map((_, index) => `binarynet_input_${index}`),
    ...program.outputs.map((_, index) => `binarynet_output_${index}`),
    'binarynet_end',
    'binarynet_check',
    'binarynet_run',
  ];
}

export function emitWasmGlue(program: Program, options: { trace?: boolean } = {}): OutputFile {
  const names = nameProgram(program);
  const { name, macro, inputs, outputs } = names;
  const regions = [
    { size: `${macro}_WEIGHTS_SIZE`, offset: 'WEIGHTS' },
    { size: `${macro}_ARENA_SIZE`, offset: 'ARENA' },
    ...inputs.map(({ sizeMacro }, i) => ({ size: `4 * ${sizeMacro}`, offset: `INPUT_${i}` })),
    ...outputs.map(({ sizeMacro }, i) => ({ size: `4 * ${sizeMacro}`, offset: `OUTPUT_${i}` })),
  ];
  const last = regions.at(-1) as (typeof regions)[number];
  const offsets = regions.map(({ offset }, index) => {
    const previous = regions[index - 1];
    return `#define ${offset} ${previous ? `NEXT(${previous.offset}, ${previous.size})` : '0'}`;
  });
  const addresses = (ports: readonly PortNames[], kind: 'input' | 'output') =>
    ports.map((_, i) => addressFunction(`${kind}_${i}`)).join('\n');
  const args = [
    'place(WEIGHTS)',
    'place(ARENA)',
    ...inputs.map((_, i) => `place(INPUT_${i})`),
    ...outputs.map((_, i) => `place(OUTPUT_${i})`),
  ];
  const data = `/* ${name}_wasm.c: ${name} for a WebAssembly host, which owns the memory. ${VERSION_LINE} */
#include "${name}.h"

/* Offsets from the first multiple of 16 behind the program's own memory. */
#define NEXT(offset, size) (((size_t)(offset) + (size_t)(size) + 15) / 16 * 16)
${offsets.join('\n')}
#define END NEXT(${last.offset}, ${last.size})

extern unsigned char __heap_base;
${options.trace ? traceFunction(name) : ''}
static void *place(size_t offset)
{
    return (void *)(((size_t)&__heap_base + 15) / 16 * 16 + offset);
}

${addressFunction('weights')}
${addresses(inputs, 'input')}
${addresses(outputs, 'output')}
${addressFunction('end')}
int binarynet_check(void);
int binarynet_check(void)
{
    return ${name}_check(place(WEIGHTS), ${macro}_WEIGHTS_SIZE);
}

void binarynet_run(void);
void binarynet_run(void)
{
    ${name}_run(${args.join(', ')});
}
`;
  return { path: `${name}_wasm.c`, data };
}

function addressFunction(what: string): string {
  return `void *binarynet_${what}(void);
void *binarynet_${what}(void)
{
    return place(${what.toUpperCase()});
}
`;
}

function traceFunction(name: string): string {
  return `
__attribute__((import_module("binarynet"), import_name("trace"))) void
binarynet_trace(int call, const void *data, size_t bytes);

void ${name}_trace(int call, const void *data, size_t bytes);
void ${name}_trace(int call, const void *data, size_t bytes)
{
    binarynet_trace(call, data, bytes);
}
`;
}
