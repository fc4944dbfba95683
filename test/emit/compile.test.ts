/** Generated C under the compilers and flags that it promises to be clean with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { IDENTITY } from '../../src/ir/ops.ts';
import {
  compileAndTest,
  filesOf,
  inFolderWith,
  recordedCases,
  runIn,
  STRICT_FLAGS,
} from '../support/compile-c.ts';
import { SmallNet } from '../support/small-net.ts';
import { type Tool, testWith } from '../support/tools.ts';

const PASSED = /2 passed, 0 failed\n$/;

function mixedNet(seed = 3, name = 'net'): Graph {
  const net = new SmallNet(seed);
  let x = net.conv(net.input([1, 8, 8, 3]), 70, { sign: true });
  x = net.conv(x, 20, { binaryWeights: true, activation: { fn: 'relu' } });
  x = net.depthwise(x, { strides: [2, 2] });
  x = net.add('reduce', { fn: 'mean', axes: [1, 2], keepDims: false }, [x]);
  return net.finish([net.dense(x, 5)], name);
}

/** Every name in the model is the same hostile text. */
function hostileNet(text: string): Graph {
  const net = new SmallNet();
  const [x, y] = [net.input([1, 4], text), net.input([1, 4], text)];
  const sum = net.add('binary', { fn: 'add', activation: IDENTITY }, [x, y], text);
  return net.finish([net.dense(sum, 3, { name: text }), sum], text);
}

const HOSTILE = [
  '*/ system("x"); /*',
  '../../evil',
  '*/\n#error escaped\n/*',
  '\\\n*/ int escaped; /*',
  '??/',
  'weights',
  'arena',
  'at',
  'constant',
  'int32_t',
  'NULL',
  'größe 日本',
  '',
  'a'.repeat(10_000),
];

describe('strict compilers', () => {
  for (const compiler of ['gcc', 'clang'] as const) {
    for (const weights of ['file', 'embed'] as const) {
      testWith([compiler], `${compiler}, weights as ${weights}`, () => {
        const result = compileAndTest(filesOf(mixedNet(), { weights }), compiler, ['-O2']);
        expect(result.output).toMatch(PASSED);
      });
    }

    testWith([compiler], `${compiler}, hostile names`, () => {
      for (const text of compiler === 'gcc' ? HOSTILE : HOSTILE.slice(0, 5)) {
        const result = compileAndTest(filesOf(hostileNet(text)), compiler, ['-O0']);
        expect(result.output, JSON.stringify(text.slice(0, 30))).toMatch(PASSED);
      }
    });
  }

  testWith(['g++', 'gcc'], 'the header in C++', () => {
    inFolderWith(filesOf(hostileNet('class')), (folder) => {
      writeFileSync(
        join(folder, 'user.cpp'),
        `#include "class_net.h"
int main() { return class_net_check(nullptr, 0) == CLASS_NET_CHECK_SIZE ? 0 : 1; }\n`,
      );
      const flags = ['-Wall', '-Wextra', '-Wpedantic', '-Werror'];
      const c = runIn(folder, 'gcc', [...STRICT_FLAGS, '-c', 'class_net.c']);
      const cpp = runIn(folder, 'g++', [...flags, 'user.cpp', 'class_net.o', '-o', 'user']);
      expect(c.output + cpp.output).toBe('');
      expect(runIn(folder, './user', []).status).toBe(0);
    });
  });
});

describe('build files', () => {
  for (const threads of [0, 1]) {
    testWith(['make', 'gcc'], `make test, THREADS=${threads}`, () => {
      inFolderWith(filesOf(mixedNet()), (folder) => {
        const result = runIn(folder, 'make', ['test', 'CC=gcc', `THREADS=${threads}`]);
        expect(result.output).toMatch(PASSED);
        expect(result.output.includes('-DNET_THREADS -pthread')).toBe(threads === 1);
      });
    });
  }

  const cmakeTools: readonly Tool[] = ['cmake', 'gcc', 'make'];
  for (const weights of ['file', 'embed'] as const) {
    testWith(cmakeTools, `cmake and ctest, weights as ${weights}, threads when embedded`, () => {
      inFolderWith(filesOf(mixedNet(), { weights }), (folder) => {
        const threads = weights === 'embed' ? ['-DNET_THREADS=ON'] : [];
        runIn(folder, 'cmake', ['-B', 'build', ...threads]);
        const built = runIn(folder, 'cmake', ['--build', 'build']);
        expect(built.status, built.output).toBe(0);
        const tested = runIn(folder, 'ctest', ['--test-dir', 'build']);
        expect(tested.output).toContain('100% tests passed');
      });
    });
  }
});

testWith(['gcc', 'nm'], 'no writable globals, no malloc, no stdio', () => {
  inFolderWith(filesOf(mixedNet(), { weights: 'embed' }), (folder) => {
    // In position-independent code, constants that hold addresses stand in .data.rel.ro.
    const flags = [...STRICT_FLAGS, '-O2', '-fno-pie', '-c'];
    const built = runIn(folder, 'gcc', [...flags, 'net.c', 'net_weights.c']);
    expect(built.output).toBe('');
    const symbols = runIn(folder, 'nm', ['net.o', 'net_weights.o']).output;
    expect(symbols).not.toMatch(/ [BbDdCcSsGg] /);
    const undefinedSymbols = [...symbols.matchAll(/ U (\w+)/g)].map((match) => match[1]);
    // The first three are what gcc asks of every environment, and makes loops of copies into.
    const allowed = ['memcpy', 'memmove', 'memset', '_GLOBAL_OFFSET_TABLE_', '__stack_chk_fail'];
    expect(undefinedSymbols.filter((name) => !allowed.includes(name as string))).toEqual([]);
    const globals = [...symbols.matchAll(/ [A-TV-Z] (\w+)/g)].map((match) => match[1]);
    expect(globals).toEqual(['net_check', 'net_run', 'net_weights']);
  });
});

describe('net_check', () => {
  const CHECKER = `#include "net.h"
#include <stdio.h>
#include <stdlib.h>
/* For each line "position value size": what net_check gives with that byte and that size. */
int main(int argc, char **argv)
{
    unsigned char *weights = aligned_alloc(16, NET_WEIGHTS_SIZE + 64);
    FILE *file = fopen(argv[argc - 1], "rb");
    size_t read = fread(weights, 1, NET_WEIGHTS_SIZE + 64, file);
    long position, value, size, shift;
    if (read == 0) return 1;
    while (scanf("%ld %ld %ld %ld", &position, &value, &size, &shift) == 4) {
        unsigned char before = weights[position];
        weights[position] = (unsigned char)value;
        printf("%d\\n", net_check(weights + shift, (size_t)size));
        weights[position] = before;
    }
    return 0;
}
`;

  testWith(['gcc'], 'refuses every changed byte, every other size, other models', () => {
    const files = filesOf(mixedNet());
    const others = [filesOf(mixedNet(4)), filesOf(hostileNet('x'))].map(
      (list) => list.find(({ path }) => path.endsWith('.weights'))?.data as Uint8Array,
    );
    inFolderWith(files, (folder) => {
      writeFileSync(join(folder, 'checker.c'), CHECKER);
      others.forEach((bytes, i) => {
        writeFileSync(join(folder, `other_${i}`), bytes);
      });
      const built = runIn(folder, 'gcc', ['-O2', 'net.c', 'checker.c', '-o', 'checker', '-lm']);
      expect(built.output).toBe('');
      const ask = (file: string, questions: readonly (readonly number[])[]) => {
        const text = questions.map((question) => question.join(' ')).join('\n');
        writeFileSync(join(folder, 'questions'), text);
        const answer = runIn(folder, 'sh', ['-c', `./checker ${file} < questions`]);
        return answer.output.trim().split('\n').map(Number);
      };
      const weights = readFileSync(join(folder, 'net.weights'));
      const size = weights.length;
      expect(ask('net.weights', [[0, weights[0] as number, size, 0]])).toEqual([0]);

      const positions = [
        ...Array.from({ length: 64 }, (_, i) => i),
        ...Array.from({ length: 10_000 }, (_, i) => (i * 7919 + 64) % size),
      ];
      const changed = positions.map((at, i) => {
        return [at, (weights[at] as number) ^ (1 + ((i * 31) % 255)), size, 0];
      });
      const answers = ask('net.weights', changed);
      expect(answers.length).toBe(changed.length);
      expect(answers.filter((answer) => answer === 0)).toEqual([]);

      const sizes = [0, 1, 63, 64, size - 1, size + 1].map((other) => [0, 66, other, 0]);
      expect(ask('net.weights', sizes)).toEqual([5, 5, 5, 5, 5, 5]);
      expect(ask('net.weights', [[0, 66, size, 4]])).toEqual([1]);
      expect(ask('other_0', [[0, 66, size, 0]])).toEqual([4]);
      expect(ask('other_1', [[0, 66, size, 0]])).toEqual([4]);
    });
  });
});

describe('the test program', () => {
  testWith(['gcc'], 'fails when the program computes something else', () => {
    const files = filesOf(mixedNet()).map(({ path, data }) =>
      path === 'net.c'
        ? { path, data: (data as string).replace('.stride_y = 2', '.stride_y = 1') }
        : { path, data },
    );
    const result = compileAndTest(files, 'gcc');
    expect(result.status).toBe(1);
    expect(result.output).toMatch(/0 passed, 2 failed\n$/);
  });

  testWith(['gcc'], 'tells when the weights are missing or wrong', () => {
    const files = filesOf(mixedNet());
    const without = compileAndTest(
      files.filter(({ path }) => path !== 'net.weights'),
      'gcc',
    );
    expect(without).toEqual({ status: 2, output: "net.weights can't be read\n" });
    const wrong = files.map(({ path, data }) =>
      path === 'net.weights' ? { path, data: data.slice(0, -1) } : { path, data },
    );
    expect(compileAndTest(wrong, 'gcc').output).toContain('net_check gives 5');
  });

  testWith(['gcc'], 'stores inputs that are no 64ths as floats', () => {
    const net = new SmallNet();
    const graph = net.finish([net.unary(net.input([1, 3]), { fn: 'neg' })]);
    expect(recordedCases(graph, 1)[0]?.inputs[0]?.every((x) => Number.isInteger(x * 64))).toBe(
      true,
    );
    const compact = filesOf(graph).find(({ path }) => path === 'test_net.c')?.data;
    expect(compact).toContain('static const signed char recorded_input');
  });
});
