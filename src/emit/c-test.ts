/**
 * `test_<name>.c`: runs recorded inputs of the source model and compares with what the source model
 * gave, on whatever machine it is compiled for. Floats may differ a little, integers may not.
 */
import type { Program } from '../plan/program.ts';
import { arrayText, type RecordedPort, recordedInputs, recordedOutputs } from './c-test-data.ts';
import type { ProgramNames } from './naming.ts';
import type { RecordedCase } from './output.ts';
import { VERSION_LINE } from './version.ts';

/** Allowed error, relative to the largest output of a case. */
const FLOAT_TOLERANCE = 1e-4;

/** Kernels whose results are the same bits everywhere: they count, compare and copy. */
const EXACT_KERNEL =
  /^((conv2d|depthwise_conv2d|dense)_b1_b1_b1|binarize|unpack|max_pool2d|copy|pad|concat|gather|where|cast|(max|min)_f32|reduce_(max|min)|resize2d_nearest|\w+_i32)_/;

export function testText(
  program: Program,
  names: ProgramNames,
  cases: readonly RecordedCase[],
  embed: boolean,
): string {
  const { name, macro } = names;
  const inputs = recordedInputs(names.inputs, cases);
  const outputs = recordedOutputs(names.outputs, cases);
  const tolerance = isExact(program) ? 0 : FLOAT_TOLERANCE;
  const comparesIntegers = outputs.some(({ isFloat }) => !isFloat);
  return `/*
 * test_${name}.c: does ${name} compute here what the source model computes?
 * ${VERSION_LINE}
 *
 * It runs ${cases.length} recorded ${cases.length === 1 ? 'case' : 'cases'} and exits with 0 when all outputs are
 * ${criterion(outputs, tolerance)}.${embed ? '' : `\n * Its argument is the weight file, "${name}.weights" if left out.`}
 */
#include <stdint.h>
#include <stdio.h>
${comparesIntegers ? '#include <string.h>\n' : ''}
#include "${name}.h"

#define CASES ${cases.length}
#define TOLERANCE ${tolerance === 0 ? '0.0' : tolerance.toExponential()}f

${inputs.map((port) => `${arrayText('recorded', port)}\n`).join('')}${outputs.map((port) => `${arrayText('expected', port)}\n`).join('')}${buffersText(inputs, outputs)}static unsigned char arena_memory[${macro}_ARENA_SIZE + 15];

/* The first multiple of 16 from p on. */
static void *aligned(unsigned char *p)
{
    return p + (16 - ((uintptr_t)p & 15)) % 16;
}

${inputs.some(({ compact }) => compact) ? EXPANSION : ''}${COMPARISON}${outputs.some(({ isFloat }) => isFloat) ? FLOAT_COMPARISON : ''}${comparesIntegers ? INTEGER_COMPARISON : ''}${caseText(name, inputs, outputs)}
${embed ? '' : loadText(macro)}${mainText(name, macro, embed)}`;
}

function isExact(program: Program): boolean {
  return program.calls.every(({ kernel }) => EXACT_KERNEL.test(kernel));
}

function criterion(outputs: readonly RecordedPort[], tolerance: number): string {
  if (tolerance === 0 || outputs.every(({ isFloat }) => !isFloat)) return 'the same';
  const floats = `within ${tolerance} of the largest output of their case`;
  return outputs.every(({ isFloat }) => isFloat) ? floats : `${floats}, and integers the same`;
}

/** What `run` writes, and the floats that 64ths become; other inputs are read where they stand. */
function buffersText(inputs: readonly RecordedPort[], outputs: readonly RecordedPort[]): string {
  const declare = (prefix: string, { ctype, parameter, sizeMacro }: RecordedPort): string =>
    `static ${ctype} ${prefix}_${parameter}[${sizeMacro}];\n`;
  return [
    ...inputs.filter(({ compact }) => compact).map((port) => declare('floats', port)),
    ...outputs.map((port) => declare('found', port)),
  ].join('');
}

const EXPANSION = `static void expand(const signed char *sixty_fourths, float *floats, long count)
{
    for (long i = 0; i < count; i++)
        floats[i] = (float)sixty_fourths[i] / 64.0f;
}

`;

const COMPARISON = `struct comparison {
    float largest, error;
    long wrong_integers;
};

`;

const FLOAT_COMPARISON = `/* |a - b|; 0 for equal infinities and for two NaNs, the largest float for other oddities. */
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

static void compare_floats(const float *found, const float *expected, long count,
                           struct comparison *result)
{
    for (long i = 0; i < count; i++) {
        const float size = distance(expected[i], 0.0f);
        if (size < 3e38f)
            result->largest = larger(result->largest, size);
        result->error = larger(result->error, distance(found[i], expected[i]));
    }
}

`;

const INTEGER_COMPARISON = `/* Integers of so many bytes each. */
static void compare_integers(const void *found, const void *expected, long count, size_t bytes,
                             struct comparison *result)
{
    const unsigned char *a = found, *b = expected;
    for (long i = 0; i < count; i++, a += bytes, b += bytes)
        result->wrong_integers += memcmp(a, b, bytes) != 0;
}

`;

function caseText(
  name: string,
  inputs: readonly RecordedPort[],
  outputs: readonly RecordedPort[],
): string {
  const expansions = inputs.filter(({ compact }) => compact).map(expandText);
  const start = `    ${name}_run(`;
  const args = [
    'weights',
    'aligned(arena_memory)',
    ...inputs.map(({ parameter, compact }) =>
      compact ? `floats_${parameter}` : `recorded_${parameter}[index]`,
    ),
    ...outputs.map(({ parameter }) => `found_${parameter}`),
  ];
  return `/* 1 when the outputs of a case are right. */
static int run_case(const void *weights, int index)
{
    struct comparison result = {0.0f, 0.0f, 0};
${expansions.join('')}${start}${args.join(`,\n${' '.repeat(start.length)}`)});
${outputs.map(compareText).join('')}    const int right = result.error <= TOLERANCE * result.largest && result.wrong_integers == 0;
    printf("case %d: ", index + 1);
${reportText(outputs)}    printf("%s\\n", right ? "passed" : "FAILED");
    return right;
}
`;
}

/** What was found, by the kinds of outputs that there are. */
function reportText(outputs: readonly RecordedPort[]): string {
  const floats = `    printf("largest error %g, largest output %g: ", (double)result.error,
           (double)result.largest);
`;
  const integers = `    printf("%ld wrong integers: ", result.wrong_integers);\n`;
  return [
    ...(outputs.some(({ isFloat }) => isFloat) ? [floats] : []),
    ...(outputs.some(({ isFloat }) => !isFloat) ? [integers] : []),
  ].join('');
}

function expandText({ parameter, sizeMacro }: RecordedPort): string {
  return `    expand(recorded_${parameter}[index], floats_${parameter}, ${sizeMacro});\n`;
}

function compareText({ parameter, sizeMacro, ctype, isFloat }: RecordedPort): string {
  const start = `    compare_${isFloat ? 'floats' : 'integers'}(`;
  const arrays = `found_${parameter}, expected_${parameter}[index]`;
  const bytes = isFloat ? '' : `, sizeof(${ctype})`;
  return `${start}${arrays},\n${' '.repeat(start.length)}${sizeMacro}${bytes}, &result);\n`;
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
