/**
 * The targets, as data: how bits are packed, which kernel folders are searched, and how the
 * generated C is compiled and run. Adding one is described in docs/adding-a-target.md.
 */
import { fail } from '../errors.ts';
import { RUN_TIME_CHOICE } from './folders.ts';

export interface Target {
  readonly name: string;
  readonly summary: string;
  /** Width of the words that bits are packed in. */
  readonly wordBits: 32 | 64;
  /** Output pixels whose windows of bits are copied together, a multiple of PIXEL_TILE: speed for memory. */
  readonly strip: number;
  /** From how many nanoseconds of work on threads share a call; `parts.ts` knows when left out. */
  readonly splitFrom?: number;
  /** Folders under kernels/, the best first; `scalar` comes last always. */
  readonly kernels: readonly string[];
  /** The kernel folders are those that the compiler's flags allow, instead of `kernels`. */
  readonly detectsKernels?: boolean;
  /** How the C is built and run here. */
  readonly toolchain: WasmToolchain | NativeToolchain;
}

export interface WasmToolchain {
  readonly kind: 'wasm';
  readonly flags: readonly string[];
}

export interface NativeToolchain {
  readonly kind: 'native';
  /** On a machine of the target's own kind: the first that is found is taken. */
  readonly compilers: readonly string[];
  readonly flags: readonly string[];
  /** The machine that the program runs on; left out where any does. */
  readonly machine?: Machine;
  /** How other machines build and run it, where they can. */
  readonly cross?: CrossToolchain;
}

export interface Machine {
  /** As Node names it. */
  readonly arch: 'x64' | 'arm64' | 'arm';
  /** As people do: "a 64-bit Arm machine". */
  readonly title: string;
}

export interface CrossToolchain {
  /** The first that is found is taken; clang, once it is told what for, comes last. */
  readonly compilers: readonly string[];
  /** What clang is told. */
  readonly clangFlags: readonly string[];
  /** A program and its arguments, before those of the program that it runs. */
  readonly emulator: readonly [string, ...string[]];
  /** Those of Debian and Ubuntu that hold a compiler, its libraries and the emulator. */
  readonly packages: readonly string[];
}

const OPTIMISED = ['-std=c99', '-O3'] as const;
const NATIVE_COMPILERS = ['cc', 'gcc', 'clang'] as const;

const X86_64: Machine = { arch: 'x64', title: 'a 64-bit x86 machine' };
const AARCH64: Machine = { arch: 'arm64', title: 'a 64-bit Arm machine' };
const ARMV7: Machine = { arch: 'arm', title: 'a 32-bit Arm machine' };

const CROSS_AARCH64: CrossToolchain = {
  compilers: ['aarch64-linux-gnu-gcc'],
  clangFlags: ['--target=aarch64-linux-gnu'],
  emulator: ['qemu-aarch64', '-cpu', 'max', '-L', '/usr/aarch64-linux-gnu'],
  packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user'],
};

const CROSS_ARMV7: CrossToolchain = {
  compilers: ['arm-linux-gnueabihf-gcc'],
  clangFlags: ['--target=arm-linux-gnueabihf'],
  emulator: ['qemu-arm', '-cpu', 'max', '-L', '/usr/arm-linux-gnueabihf'],
  packages: ['gcc-arm-linux-gnueabihf', 'libc6-dev-armhf-cross', 'qemu-user'],
};

function native(flags: readonly string[], machine?: Machine, cross?: CrossToolchain) {
  return {
    kind: 'native',
    compilers: NATIVE_COMPILERS,
    flags: [...OPTIMISED, ...flags, '-ffp-contract=off'],
    ...(machine && { machine }),
    ...(cross && { cross }),
  } as const;
}

export const TARGETS: readonly Target[] = [
  {
    name: 'wasm',
    summary: 'WebAssembly with SIMD128, for Node.js and browsers; needs no compiler',
    wordBits: 64,
    strip: 64,
    kernels: ['wasm', 'scalar'],
    toolchain: { kind: 'wasm', flags: [...OPTIMISED, '-msimd128', '-mbulk-memory'] },
  },
  {
    name: 'host',
    summary: 'this machine, tuned to its processor (gcc or clang)',
    wordBits: 64,
    strip: 64,
    kernels: ['scalar'],
    detectsKernels: true,
    toolchain: native(['-march=native']),
  },
  {
    name: 'portable',
    summary: 'plain C99 for any 32-bit or 64-bit little-endian processor',
    wordBits: 32,
    strip: 4,
    kernels: ['scalar'],
    toolchain: native([]),
  },
  {
    name: 'x86-64',
    summary: 'any 64-bit x86: kernels with AVX2 or AVX-512 are chosen at run time',
    wordBits: 64,
    strip: 64,
    kernels: [RUN_TIME_CHOICE.name, 'scalar'],
    toolchain: native(['-march=x86-64'], X86_64),
  },
  {
    name: 'x86-64-v3',
    summary: '64-bit x86 with AVX2 and FMA (since about 2013)',
    wordBits: 64,
    strip: 64,
    kernels: ['avx2', 'scalar'],
    toolchain: native(['-march=x86-64-v3'], X86_64),
  },
  {
    name: 'x86-64-v4',
    summary: '64-bit x86 with AVX-512, VNNI, VPOPCNTDQ and BITALG (since about 2019)',
    wordBits: 64,
    strip: 64,
    kernels: ['avx512', 'avx2', 'scalar'],
    toolchain: native(
      ['-march=x86-64-v4', '-mavx512vnni', '-mavx512vpopcntdq', '-mavx512bitalg'],
      X86_64,
    ),
  },
  {
    name: 'aarch64',
    summary: '64-bit Arm (Raspberry Pi 3 and 4, phones)',
    wordBits: 64,
    strip: 64,
    kernels: ['neon', 'scalar'],
    // Clang orders instructions for a processor of its choice; those that run in order mind most.
    toolchain: native(['-march=armv8-a', '-mtune=cortex-a53'], AARCH64, CROSS_AARCH64),
  },
  {
    name: 'aarch64-dotprod',
    summary: '64-bit Arm with dot products (Raspberry Pi 5, phones since about 2018, Apple)',
    wordBits: 64,
    strip: 64,
    kernels: ['neon_dotprod', 'neon', 'scalar'],
    toolchain: native(['-march=armv8.2-a+dotprod'], AARCH64, CROSS_AARCH64),
  },
  {
    name: 'armv7-neon',
    summary: '32-bit Arm with NEON (Raspberry Pi 2, Cortex-A7 and later)',
    wordBits: 64,
    strip: 64,
    kernels: ['neon', 'scalar'],
    toolchain: native(
      ['-march=armv7-a', '-mfpu=neon-vfpv4', '-mfloat-abi=hard'],
      ARMV7,
      CROSS_ARMV7,
    ),
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
