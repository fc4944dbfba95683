/** The body of `<name>_run`: for each call a comment, its shape, and the call itself. */

import type { Unary } from '../ir/ops.ts';
import { activationFunction } from '../plan/lowering.ts';
import { scratchOffsets } from '../plan/parts.ts';
import type { Argument, Buffer, KernelCall, Program, ShapeField } from '../plan/program.ts';
import { STRUCTS } from '../plan/structs.ts';
import { sizesText } from '../plan/summary.ts';
import { isThreaded, layersPrototype, runOnText, WHOLE } from './c-threads.ts';
import { commentText, Identifiers } from './names.ts';
import { type ProgramNames, USED_BY_RUN } from './naming.ts';
import { floatLiteral } from './numbers.ts';

const INDENT = '    ';
const LINE_WIDTH = 100;

/** The two pointer helpers and `run`. */
export function runText(
  program: Program,
  names: ProgramNames,
  { trace, timed }: { readonly trace: boolean; readonly timed: boolean },
): string {
  const uses = (kind: 'arena' | 'weights') =>
    program.calls.some((call) => call.args.some((arg) => storageOf(arg, program) === kind));
  const helpers = [uses('arena') ? AT : '', uses('weights') ? CONSTANT : ''].join('');
  const unused = [
    ...(uses('weights') ? [] : ['weights']),
    ...(uses('arena') ? [] : ['arena']),
    ...names.inputs.flatMap(({ parameter, port }) =>
      isUsed(port.buffer, program) ? [] : [parameter],
    ),
  ];
  const shapeNames = nameShapes(program, names);
  const alone = isThreaded(program) ? `${INDENT}BN_ALONE\n` : '';
  const blocks = program.calls.map((call, index) => {
    const shape = shapeNames[index] as string;
    const traced = trace ? traceText(program, names, index, alone) : '';
    const before = `${call.isSplit ? '' : alone}${timed ? loopText(names, index) : ''}`;
    return `${blockText(program, names, call, index, shape, before)}${traced}`;
  });
  return `${helpers}${layersPrototype(program, names)}
{
${[...unused.map((parameter) => `${INDENT}(void)${parameter};\n`), ...blocks].join('\n')}}
${runOnText(program, names)}`;
}

/** The prototype that a traced program calls after each layer. */
export function tracePrototype({ name }: ProgramNames): string {
  return `void ${name}_trace(int call, const void *data, size_t bytes);`;
}

/** The prototype that a timed program calls before each layer. */
export function repeatsPrototype({ name }: ProgramNames): string {
  return `int ${name}_repeats(int call);`;
}

function loopText({ name }: ProgramNames, index: number): string {
  return `${INDENT}for (int runs = ${name}_repeats(${index}); runs > 0; runs--)\n${INDENT}`;
}

const AT = `static void *at(void *arena, size_t offset)
{
    return (unsigned char *)arena + offset;
}

`;

const CONSTANT = `static const void *constant(const void *weights, size_t offset)
{
    return (const unsigned char *)weights + offset;
}

`;

function storageOf(arg: Argument, program: Program): 'arena' | 'weights' | 'port' {
  if (arg.kind === 'weights') return 'weights';
  return bufferOf(program, arg.buffer).place.kind === 'arena' ? 'arena' : 'port';
}

function isUsed(buffer: number, program: Program): boolean {
  return program.calls.some((call) =>
    call.args.some((arg) => arg.kind === 'buffer' && arg.buffer === buffer),
  );
}

/** A variable per shape, named after the layer. */
function nameShapes(program: Program, names: ProgramNames): string[] {
  const ports = [...names.inputs, ...names.outputs].map(({ parameter }) => parameter);
  const identifiers = new Identifiers([...USED_BY_RUN, ...ports]);
  return program.calls.map(({ layer }) => identifiers.unique(layer.name, 'layer'));
}

function blockText(
  program: Program,
  names: ProgramNames,
  call: KernelCall,
  index: number,
  shape: string,
  before: string,
): string {
  const output = writtenBuffer(program, call);
  const comment = `${index + 1}. ${layerText(call)}: ${call.summary}, to ${sizesText(output.shape)}.`;
  const start = `${INDENT}${call.kernel}(`;
  const args = [
    `&${shape}`,
    ...argumentTexts(call, program, names),
    ...(call.takesPart ? [call.isSplit ? 'BN_PART' : WHOLE] : []),
  ];
  return `${INDENT}/* ${comment} */
${INDENT}static const struct ${call.struct} ${shape} = {
${fieldsText(call)}
${INDENT}};
${before}${wrapped(start, args, ');')}
`;
}

/** "conv2d_1 (Conv2D)", harmless in a comment. */
export function layerText({ layer }: KernelCall): string {
  return `${commentText(layer.name)} (${commentText(layer.op)})`;
}

/** The buffer that holds what a call computes: the first one that it writes. */
export function writtenBuffer(program: Program, call: KernelCall): Buffer {
  const written = call.args.find((arg) => arg.kind === 'buffer' && arg.access === 'write');
  if (written?.kind !== 'buffer') throw new Error(`${call.kernel} writes nothing`);
  return bufferOf(program, written.buffer);
}

function bufferOf(program: Program, id: number): Buffer {
  const buffer = program.buffers[id];
  if (!buffer) throw new Error(`the program has no buffer ${id}`);
  return buffer;
}

function argumentTexts(call: KernelCall, program: Program, names: ProgramNames): string[] {
  const own = scratchOffsets(call, program.buffers).offsets;
  return call.args.map((arg) => {
    if (arg.kind === 'weights') {
      return `constant(weights, ${program.sections[arg.section]?.offset})`;
    }
    const buffer = bufferOf(program, arg.buffer);
    const within = own.get(arg.buffer);
    return call.isSplit && within !== undefined && buffer.place.kind === 'arena'
      ? `at(arena, BN_OWN(${buffer.place.offset}, ${within}))`
      : placeText(buffer, names);
  });
}

function placeText({ place }: Buffer, names: ProgramNames): string {
  switch (place.kind) {
    case 'arena':
      return `at(arena, ${place.offset})`;
    case 'input':
      return names.inputs[place.index]?.parameter as string;
    case 'output':
      return names.outputs[place.index]?.parameter as string;
  }
}

/** Fields that begin a line, so that what belongs together stands together. */
const LINE_STARTS = new Set(['out_height', 'kernel_height', 'dilation_y']);

/** `.field = value, …`, without what is 0 or does nothing: C makes it 0 and NULL by itself. */
function fieldsText({ struct, shape }: KernelCall): string {
  const types: Readonly<Record<string, string>> = STRUCTS[struct];
  const lines: string[][] = [[]];
  for (const [name, type] of Object.entries(types)) {
    const text = fieldText(name, type, shape[name] as ShapeField);
    if (text === undefined) continue;
    if (type === 'axes' || type === 'activation' || LINE_STARTS.has(name)) lines.push([]);
    lines.at(-1)?.push(text);
  }
  const indent = INDENT + INDENT;
  const filled = lines.filter((line) => line.length > 0);
  return filled.map((line) => wrapped(indent, line, ',')).join('\n');
}

function fieldText(name: string, type: string, field: ShapeField): string | undefined {
  if (type === 'activation') return activationField(name, field as Unary);
  if (type === 'axes') return `.${name} = {${(field as readonly number[]).join(', ')}}`;
  if (Object.is(field, 0)) return undefined;
  return `.${name} = ${type === 'float' ? floatLiteral(field as number) : field}`;
}

function activationField(name: string, unary: Unary): string | undefined {
  if (unary.fn === 'identity') return undefined;
  const [a, b] = activationParameters(unary).map(floatLiteral);
  return `.${name} = {${activationFunction(unary.fn)}, ${a}, ${b}}`;
}

/** a and b of an activation's kernel: its parameters in the order of ir/ops.ts, then zeros. */
export function activationParameters(unary: Unary): [number, number] {
  const { fn: _, ...parameters } = unary;
  const [a = 0, b = 0] = Object.values<number>(parameters);
  return [a, b];
}

/** Items after `start`, in as many lines as they need, aligned under the first. */
function wrapped(start: string, items: readonly string[], end: string): string {
  const lines: string[] = [];
  let line = start;
  items.forEach((item, index) => {
    const text = item + (index === items.length - 1 ? end : ',');
    const joined = line.length === start.length ? line + text : `${line} ${text}`;
    if (joined.length <= LINE_WIDTH || line.trim() === '') {
      line = joined;
    } else {
      lines.push(line);
      line = ' '.repeat(start.length) + text;
    }
  });
  return [...lines, line].join('\n');
}

/** Reports what a call computed, once the whole of it is there. */
function traceText(program: Program, names: ProgramNames, index: number, alone: string): string {
  const call = program.calls[index] as KernelCall;
  const output = writtenBuffer(program, call);
  const next = program.calls[index + 1];
  if (next && writtenBuffer(program, next).id === output.id) return '';
  return `${alone}${INDENT}${names.name}_trace(${index}, ${placeText(output, names)}, ${output.bytes});\n`;
}
