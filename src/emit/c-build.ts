/** `CMakeLists.txt`, `Makefile` and, for embedded weights, `<name>_weights.c`. */
import { BinarynetError } from '../errors.ts';
import type { Program } from '../plan/program.ts';
import type { ProgramNames } from './naming.ts';
import { hexWord } from './numbers.ts';
import { VERSION_LINE } from './version.ts';

export function cmakeText(program: Program, { name, macro }: ProgramNames, embed: boolean): string {
  const { toolchain } = program.target;
  const machine = toolchain.flags.filter((flag) => flag.startsWith('-m')).join(' ');
  const options = toolchain.kind === 'native' && machine !== '' ? `-O3 ${machine}` : '-O3';
  const weights = embed ? ` ${name}_weights.c` : '';
  const argument = embed ? '' : ` \${CMAKE_CURRENT_SOURCE_DIR}/${name}.weights`;
  return `# The network as a library, and its test. ${VERSION_LINE}
cmake_minimum_required(VERSION 3.10)
project(${name} C)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(${name} STATIC ${name}.c${weights})
target_include_directories(${name} PUBLIC \${CMAKE_CURRENT_SOURCE_DIR})
# -std=c99 also keeps compilers from fusing float operations, which changes results.
set_target_properties(${name} PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)
if(NOT MSVC)
  target_compile_options(${name} PRIVATE ${options})
  target_link_libraries(${name} PUBLIC m)
endif()

option(${macro}_THREADS "${name}_run_on, on POSIX threads" OFF)
if(${macro}_THREADS)
  find_package(Threads REQUIRED)
  target_compile_definitions(${name} PUBLIC ${macro}_THREADS)
  target_link_libraries(${name} PUBLIC Threads::Threads)
endif()

enable_testing()
add_executable(test_${name} test_${name}.c)
set_target_properties(test_${name} PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)
target_link_libraries(test_${name} PRIVATE ${name})
add_test(NAME ${name} COMMAND test_${name}${argument})
`;
}

export function makefileText(
  program: Program,
  { name, macro }: ProgramNames,
  embed: boolean,
): string {
  const { toolchain } = program.target;
  const tuning = toolchain.kind === 'native' ? toolchain.flags : ['-O3', '-ffp-contract=off'];
  const flags = tuning.filter((flag) => !flag.startsWith('-std=')).join(' ');
  const weights = embed ? ` ${name}_weights.o` : '';
  return `# "make" builds the library, "make test" runs the test; with THREADS=1 it can use threads.
# ${VERSION_LINE}
CFLAGS ?= ${flags}
CFLAGS += -std=c99
ifeq ($(THREADS),1)
CFLAGS += -D${macro}_THREADS -pthread
LDFLAGS += -pthread
endif

lib${name}.a: ${name}.o${weights}
\t$(AR) rcs $@ $^

test_${name}: test_${name}.o lib${name}.a
\t$(CC) $(LDFLAGS) -o $@ $^ -lm

test: test_${name}
\t./test_${name}${embed ? '' : ` ${name}.weights`}

clean:
\trm -f *.o lib${name}.a test_${name}

${name}.o test_${name}.o${weights}: ${name}.h

.PHONY: test clean
`;
}

/** Beyond this an array in C takes compilers minutes and gigabytes. */
const MAX_EMBEDDED_BYTES = 64 * 2 ** 20;
const WORDS_PER_LINE = 8;

export function embeddedWeightsText({ name, macro }: ProgramNames, bytes: Uint8Array): string {
  if (bytes.length > MAX_EMBEDDED_BYTES) {
    throw new BinarynetError({
      code: 'too-large',
      found: `The weights have ${bytes.length} bytes; at most ${MAX_EMBEDDED_BYTES} are written as C.`,
      fix: 'Use --weights file.',
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 4 * WORDS_PER_LINE) {
    const words: string[] = [];
    for (let i = at; i < Math.min(at + 4 * WORDS_PER_LINE, bytes.length); i += 4) {
      words.push(hexWord(view.getUint32(i, true)));
    }
    lines.push(`    ${words.join(', ')},`);
  }
  return `/* ${name}_weights.c: the weights of ${name}, for read-only memory. ${VERSION_LINE} */
#include "${name}.h"

#if defined(__GNUC__)
#define ALIGNED_16 __attribute__((aligned(16)))
#elif defined(_MSC_VER)
#define ALIGNED_16 __declspec(align(16))
#else
#define ALIGNED_16 _Alignas(16)
#endif

ALIGNED_16 const uint32_t ${name}_weights[${macro}_WEIGHTS_SIZE / 4] = {
${lines.join('\n')}
};
`;
}
