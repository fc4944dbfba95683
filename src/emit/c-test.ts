/**
 * `test_<name>.c`: runs recorded inputs of the source model and compares with what the source model
 * gave, on whatever machine it is compiled for.
 */
import type { Program } from '../plan/program.ts';
import { type ProgramNames, pointers } from './naming.ts';
import { floatLiteral } from './numbers.ts';
import type { RecordedCase } from './output.ts';
import { VERSION_LINE } from './version.ts';

/** Allowed error, relative to the largest output of a case. */
const FLOAT_TOLERANCE = 1e-4;

/** Kernels whose results are the same bits everywhere: they count, compare and copy. */
const EXACT_KERNEL =
  /^((conv2d|depthwise_conv2d|dense)_b1_b1_b1|binarize|unpack|max_pool2d|copy|pad|concat|gather|(max|min)_f32|reduce_(max|min)|resize2d_nearest)_/;

export function testText(
  program: Program,
  names: ProgramNames,
  cases: readonly RecordedCase[],
  embed: boolean,
): string {
  const { name, macro } = names;
  const compact = cases.every(({ inputs }) => inputs.every((input) => input.every(isSixtyFourth)));
  const tolerance = isExact(program) ? 0 : FLOAT_TOLERANCE;
  const inputSizes = names.inputs.map(({ sizeMacro }) => sizeMacro).join(' + ') || '0';
  const outputSizes = names.outputs.map(({ sizeMacro }) => sizeMacro).join(' + ');
  return `/*
 * test_${name}.c: does ${name} compute here what the source model computes?
 * ${VERSION_LINE}
 *
 * It runs ${cases.length} recorded ${cases.length === 1 ? 'case' : 'cases'} and exits with 0 when all outputs are
 * ${tolerance === 0 ? 'the same' : `within ${tolerance} of the largest output of their case`}.${embed ? '' : `\n * Its argument is the weight file, "${name}.weights" if left out.`}
 */
#include <stdint.h>
#include <stdio.h>

#include "${name}.h"

#define CASES ${cases.length}
#define INPUTS (${inputSizes})
#define OUTPUTS (${outputSizes})
#define TOLERANCE ${tolerance === 0 ? '0.0' : tolerance.toExponential()}f

${compact ? '/* In 64ths. */\n' : ''}static const ${compact ? 'signed char' : 'float'} inputs[CASES][INPUTS] = {
${cases.map(({ inputs }) => rowText(inputs, compact ? sixtyFourths : floatLiteral)).join('\n')}
};

static const float expected[CASES][OUTPUTS] = {
${cases.map(({ outputs }) => rowText(outputs, outputLiteral)).join('\n')}
};

static float input[INPUTS];
static float output[OUTPUTS];
static unsigned char arena_memory[${macro}_ARENA_SIZE + 15];

/* The first multiple of 16 from p on. */
static void *aligned(unsigned char *p)
{
    return p + (16 - ((uintptr_t)p & 15)) % 16;
}

${COMPARISON}
/* 1 when the outputs of a case are right. */
static int run_case(const void *weights, int index)
{
    float largest = 0.0f, error = 0.0f;
    for (int i = 0; i < INPUTS; i++)
        input[i] = ${compact ? '(float)inputs[index][i] / 64.0f' : 'inputs[index][i]'};
    ${runCall(names)}
    for (int i = 0; i < OUTPUTS; i++) {
        const float size = distance(expected[index][i], 0.0f);
        if (size < 3e38f)
            largest = larger(largest, size);
        error = larger(error, distance(output[i], expected[index][i]));
    }
    const int right = error <= TOLERANCE * largest;
    printf("case %d: largest error %g, largest output %g: %s\\n", index + 1, (double)error,
           (double)largest, right ? "passed" : "FAILED");
    return right;
}

${embed ? '' : loadText(macro)}${mainText(name, macro, embed)}`;
}

const COMPARISON = `/* |a - b|; 0 for equal infinities and for two NaNs, the largest float for other oddities. */
static float distance(float a, float b)
{
    const float difference = a - b;
    if (a == b || (a != a && b != b))
        return 0.0f;
    if (difference != difference || difference > 3e38f || difference < -3e38f)
        return 3e38f;
    return difference < 0.0f ? -difference : difference;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}
`;

function runCall(names: ProgramNames): string {
  const args = [
    'weights',
    'aligned(arena_memory)',
    ...pointers('input', names.inputs),
    ...pointers('output', names.outputs),
  ];
  const start = `${names.name}_run(`;
  return `${start}${args.join(`,\n    ${' '.repeat(start.length)}`)});`;
}

function loadText(macro: string): string {
  return `/* One byte more than there should be, to notice a file that is too long. */
static unsigned char weights_memory[${macro}_WEIGHTS_SIZE + 1 + 15];

/* Reads the weight file and returns its size, or 0 when there is none. */
static size_t load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    if (file != NULL) {
        size = fread(aligned(weights_memory), 1, ${macro}_WEIGHTS_SIZE + 1, file);
        fclose(file);
    }
    return size;
}

`;
}

function mainText(name: string, macro: string, embed: boolean): string {
  const open = embed
    ? `int main(void)
{
    const void *weights = ${name}_weights;
    const size_t size = ${macro}_WEIGHTS_SIZE;`
    : `int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "${name}.weights";
    const void *weights = aligned(weights_memory);
    const size_t size = load(path);
    if (size == 0) {
        printf("%s can't be read\\n", path);
        return 2;
    }`;
  return `${open}
    const int check = ${name}_check(weights, size);
    if (check != ${macro}_CHECK_OK) {
        printf("the weights don't fit the program: ${name}_check gives %d (see ${name}.h)\\n", check);
        return 2;
    }
    int passed = 0;
    for (int i = 0; i < CASES; i++)
        passed += run_case(weights, i);
    printf("%d passed, %d failed\\n", passed, CASES - passed);
    return passed == CASES ? 0 : 1;
}
`;
}

function isExact(program: Program): boolean {
  return program.calls.every(({ kernel }) => EXACT_KERNEL.test(kernel));
}

function isSixtyFourth(value: number): boolean {
  return Number.isInteger(value * 64) && Math.abs(value * 64) <= 127;
}

function sixtyFourths(value: number): string {
  return String(value * 64);
}

/** As a constant expression without <math.h>. */
function outputLiteral(value: number): string {
  const literal = floatLiteral(value);
  return literal.replace('NAN', '(0.0f / 0.0f)').replace('INFINITY', '(1.0f / 0.0f)');
}

const LINE_WIDTH = 96;

/** One initialiser with the values of all ports, wrapped. */
function rowText(ports: readonly Float32Array[], literal: (value: number) => string): string {
  const lines: string[] = [];
  let line = '     ';
  for (const port of ports) {
    for (const value of port) {
      const text = ` ${literal(value)},`;
      if (line.length + text.length > LINE_WIDTH) {
        lines.push(line);
        line = '     ';
      }
      line += text;
    }
  }
  return `    {\n${[...lines, line].join('\n')}\n    },`;
}
