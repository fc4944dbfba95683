/** That what the runners watch with does catch a byte read or written outside. */
import { describe, expect } from 'vitest';
import { testWith } from '../support/tools.ts';
import { FAMILIES } from './support/all-cases.ts';
import { Random } from './support/random.ts';
import { nativeRunner } from './support/runners.ts';

const KERNEL = 'unpack_b1_f32';

/** Cases of a kernel whose calls touch, besides, what `touch` says. */
async function problemsOf(sanitize: boolean, touch: string): Promise<string[]> {
  const family = FAMILIES.find(({ name }) => name === KERNEL);
  const random = new Random(1);
  const { run, remove } = await nativeRunner({
    wordBits: 64,
    compiler: 'gcc',
    flags: ['-std=c99', '-O1'],
    sanitize,
    only: new RegExp(KERNEL),
    edit: (source) => {
      const call = /unpack_b1_f32__scalar\(&shape,/g;
      return source.replace(call, (text) => `${touch}; ${text}`);
    },
  });
  try {
    return run([family?.make(random)].flatMap((test) => test ?? []));
  } finally {
    await remove();
  }
}

const OUTPUT = '((volatile char *)at[1])';
const SIZE = '4 * shape.rows * shape.channels';

describe.each([
  [false, 'by pages'],
  [true, 'by the address sanitizer'],
] as const)('%s: %s', (sanitize, _how) => {
  testWith(['gcc'], 'what lies inside may be touched', async () => {
    const touch = `${OUTPUT}[0] = 0; ${OUTPUT}[${SIZE} - 1] = 0`;
    expect(await problemsOf(sanitize, touch)).toEqual([]);
  });

  testWith(['gcc'], 'reading the byte past the end is caught', async () => {
    const [problem] = await problemsOf(sanitize, `(void)${OUTPUT}[${SIZE}]`);
    expect(problem).toContain(`${KERNEL} for {`);
    expect(problem).toContain(sanitize ? 'heap-buffer-overflow' : 'SIGSEGV');
  });

  testWith(['gcc'], 'writing the byte before the beginning is caught', async () => {
    const [problem] = await problemsOf(sanitize, `${OUTPUT}[-1] = 0`);
    expect(problem).toContain(sanitize ? 'heap-buffer-overflow' : 'SIGSEGV');
  });
});
