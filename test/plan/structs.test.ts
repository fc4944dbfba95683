/** The planner's data about C against the headers themselves. */
import { describe, expect, test } from 'vitest';
import { BIT_TILE, FLOAT_TILE } from '../../src/plan/pack.ts';
import { MAX_RANK, STRUCTS } from '../../src/plan/structs.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';

function header(name: string): string {
  const text = loadKernelSources().get(`include/${name}`) as string;
  return text.replace(/\/\*[\s\S]*?\*\//g, '');
}

/** Fields of every `struct bn_…_shape`, with the type as STRUCTS spells it. */
function structsInHeader(): Record<string, Record<string, string>> {
  const structs: Record<string, Record<string, string>> = {};
  for (const [, name, body] of header('shapes.h').matchAll(/struct (bn_\w+_shape) \{([^}]*)\}/g)) {
    const fields: Record<string, string> = {};
    for (const declaration of (body as string).split(';')) {
      const [, type, names] = /^\s*(struct \w+|\w+)\s+([\s\S]+)$/.exec(declaration) ?? [];
      for (const field of names?.split(',') ?? []) {
        const isArray = field.includes('[');
        fields[field.replace(/\[.*\]/, '').trim()] = isArray
          ? 'axes'
          : (TYPES[type as string] ?? '?');
      }
    }
    structs[name as string] = fields;
  }
  return structs;
}

const TYPES: Record<string, string> = {
  int32_t: 'int',
  float: 'float',
  'struct bn_activation': 'activation',
};

describe('plan and kernels agree on', () => {
  test('the fields of every shape, in order', () => {
    const inHeader = structsInHeader();
    expect(Object.keys(STRUCTS).sort()).toEqual(Object.keys(inHeader).sort());
    for (const [name, fields] of Object.entries(STRUCTS)) {
      expect(Object.entries(fields), name).toEqual(Object.entries(inHeader[name] ?? {}));
    }
  });

  test('tile sizes and the highest rank', () => {
    expect(header('base.h')).toContain(`#define BN_FLOAT_TILE ${FLOAT_TILE}\n`);
    expect(header('base.h')).toContain(`#define BN_BIT_TILE ${BIT_TILE}\n`);
    expect(header('shapes.h')).toContain(`#define BN_MAX_RANK ${MAX_RANK}\n`);
  });
});
