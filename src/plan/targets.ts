/**
 * The targets, as data: how bits are packed, which kernel folders are searched, and how the
 * generated C is compiled and run. Adding one is described in docs/adding-a-target.md.
 */
import { fail } from '../errors.ts';

export interface Target {
  readonly name: string;
  readonly summary: string;
  /** Width of the words that bits are packed in. */
  readonly wordBits: 32 | 64;
  /** Folders under kernels/, the best first; `scalar` comes last always. */
  readonly kernels: readonly string[];
  /** How the C is built and run here; `none` for targets that are only written. */
  readonly toolchain:
    | { readonly kind: 'wasm'; readonly flags: readonly string[] }
    | {
        readonly kind: 'native';
        readonly compilers: readonly string[];
        readonly flags: readonly string[];
      };
}

const OPTIMISED = ['-std=c99', '-O3'] as const;

export const TARGETS: readonly Target[] = [
  {
    name: 'wasm',
    summary: 'WebAssembly with SIMD128, for Node.js and browsers; needs no compiler',
    wordBits: 64,
    kernels: ['scalar'],
    toolchain: { kind: 'wasm', flags: [...OPTIMISED, '-msimd128', '-mbulk-memory'] },
  },
  {
    name: 'host',
    summary: 'this machine, tuned to its processor (gcc or clang)',
    wordBits: 64,
    kernels: ['scalar'],
    toolchain: {
      kind: 'native',
      compilers: ['cc', 'gcc', 'clang'],
      flags: [...OPTIMISED, '-march=native', '-ffp-contract=off'],
    },
  },
  {
    name: 'portable',
    summary: 'plain C99 for any 32-bit or 64-bit little-endian processor',
    wordBits: 32,
    kernels: ['scalar'],
    toolchain: {
      kind: 'native',
      compilers: ['cc', 'gcc', 'clang'],
      flags: [...OPTIMISED, '-ffp-contract=off'],
    },
  },
];

/** The target of that name. Throws `usage` with the known names. */
export function targetNamed(name: string): Target {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target) return target;
  const known = TARGETS.map((candidate) => candidate.name).join(', ');
  return fail({
    code: 'usage',
    found: `there is no target "${name}"`,
    fix: `Choose one of ${known}.`,
  });
}
