import { describe, expect, test } from 'vitest';
import { amalgamate } from '../../src/emit/amalgamate.ts';
import { chunksOf } from '../../src/emit/c-chunks.ts';

const SOURCES = new Map([
  [
    'include/base.h',
    `/* base.h: the base. */
#ifndef BN_BASE_H
#define BN_BASE_H

#include <stdint.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

/* How wide words are. */
#ifndef BN_WORD_BITS
#define BN_WORD_BITS 64
#endif

#if BN_WORD_BITS == 64
typedef uint64_t bn_word;
#else
typedef uint32_t bn_word;
#endif

/* Not used by anybody. */
#define BN_UNUSED(x) \\
    ((x) + 1)
#define BN_TILE 8

typedef void bn_callback(float *x);

struct bn_shape {
    int32_t size; /* one; "two" */
    bn_callback *apply;
};

struct bn_other_shape {
    int32_t size;
};

/* Twice x. { */
static inline int32_t bn_twice(int32_t x)
{
    const char brace = '}';
    return x * 2 + brace * 0;
}

static inline int32_t bn_unused(int32_t x) { return x; }

static const float bn_table[2] = {1, 2};

#endif
`,
  ],
  [
    'scalar/a__scalar.c',
    `/* a: the first kernel. */
#include <math.h>
#include "../include/base.h"

static void a__scalar(const struct bn_shape *shape, bn_word *x)
{
    x[0] = (bn_word)(bn_twice(shape->size) + BN_TILE);
}
`,
  ],
  [
    'scalar/b__scalar.c',
    `/* b: the second kernel. */
#include "../include/base.h"

static void b__scalar(float *x)
{
    x[0] = bn_table[1];
}
`,
  ],
]);

describe('amalgamate', () => {
  const both = amalgamate(['b__scalar', 'a__scalar'], SOURCES, { BN_WORD_BITS: '32' });

  test('pastes what is needed, each once, after what it needs', () => {
    expect(both.text).toMatchInlineSnapshot(`
      "/* base.h: the base. */

      #if defined(__clang__)
      #pragma STDC FP_CONTRACT OFF
      #endif

      /* How wide words are. */
      #define BN_WORD_BITS 32

      #if BN_WORD_BITS == 64
      typedef uint64_t bn_word;
      #else
      typedef uint32_t bn_word;
      #endif
      #define BN_TILE 8

      typedef void bn_callback(float *x);

      struct bn_shape {
          int32_t size; /* one; "two" */
          bn_callback *apply;
      };

      /* Twice x. { */
      static inline int32_t bn_twice(int32_t x)
      {
          const char brace = '}';
          return x * 2 + brace * 0;
      }

      static const float bn_table[2] = {1, 2};

      /* b: the second kernel. */

      static void b__scalar(float *x)
      {
          x[0] = bn_table[1];
      }

      /* a: the first kernel. */

      static void a__scalar(const struct bn_shape *shape, bn_word *x)
      {
          x[0] = (bn_word)(bn_twice(shape->size) + BN_TILE);
      }
      "
    `);
    expect(both.systemIncludes).toEqual(['math.h', 'stdint.h']);
  });

  test('leaves out what only other kernels use', () => {
    const { text } = amalgamate(['b__scalar'], SOURCES, {});
    expect(text).toContain('bn_table');
    expect(text).not.toMatch(/bn_twice|bn_shape|bn_word|BN_TILE/);
  });

  test('a kernel that is missing is a defect', () => {
    expect(() => amalgamate(['c__scalar'], SOURCES, {})).toThrow('no kernel source defines c');
  });
});

describe('chunksOf', () => {
  test('tells what each chunk defines', () => {
    const source = SOURCES.get('include/base.h') as string;
    expect(chunksOf(source).map(({ defines }) => defines)).toEqual([
      [],
      [],
      [],
      ['BN_WORD_BITS'],
      ['bn_word', 'bn_word'],
      ['BN_UNUSED'],
      ['BN_TILE'],
      ['bn_callback'],
      ['bn_shape'],
      ['bn_other_shape'],
      ['bn_twice'],
      ['bn_unused'],
      ['bn_table'],
    ]);
  });

  test('puts the whole file into chunks, apart from the guard', () => {
    const source = SOURCES.get('scalar/a__scalar.c') as string;
    expect(
      chunksOf(source)
        .map(({ text }) => text)
        .join(''),
    ).toBe(source);
  });
});
