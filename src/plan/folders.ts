/**
 * The folders of kernels/ that hold faster kernels than `scalar`, one per instruction set, the best
 * first. A compiler tells by macros which of them its flags turn on; a folder may be without a
 * kernel that is asked for, or without any: the next one is searched then, `scalar` at last.
 */
export interface KernelFolder {
  readonly name: string;
  /** What processors call the instructions. */
  readonly instructions: string;
  /** What gcc and clang define where all of them are turned on. */
  readonly macros: readonly string[];
}

export const FOLDERS: readonly KernelFolder[] = [
  {
    name: 'avx512',
    instructions: 'AVX-512 with VNNI, VPOPCNTDQ and BITALG',
    macros: [
      '__AVX512F__',
      '__AVX512BW__',
      '__AVX512CD__',
      '__AVX512DQ__',
      '__AVX512VL__',
      '__AVX512VNNI__',
      '__AVX512VPOPCNTDQ__',
      '__AVX512BITALG__',
    ],
  },
  {
    name: 'avx2',
    instructions: 'AVX2, FMA, POPCNT, BMI1 and BMI2',
    macros: ['__AVX2__', '__FMA__', '__POPCNT__', '__BMI__', '__BMI2__'],
  },
  {
    name: 'neon_dotprod',
    instructions: 'the dot product instructions of Armv8.2',
    macros: ['__aarch64__', '__ARM_NEON', '__ARM_FEATURE_DOTPROD'],
  },
  { name: 'neon', instructions: 'NEON', macros: ['__ARM_NEON'] },
  { name: 'wasm', instructions: 'SIMD128', macros: ['__wasm_simd128__'] },
];

/** A folder whose kernels choose at run time among those of others, the best first. */
export const RUN_TIME_CHOICE = { name: 'x86', among: ['avx512', 'avx2', 'scalar'] } as const;

/** The folders to search where these macros are defined. */
export function foldersWith(macros: ReadonlySet<string>): readonly string[] {
  const found = FOLDERS.filter((folder) => folder.macros.every((macro) => macros.has(macro)));
  return [...found.map(({ name }) => name), 'scalar'];
}

/** Those of a target's folders whose instructions are not there, where these macros are defined. */
export function foldersWithout(
  folders: readonly string[],
  macros: ReadonlySet<string>,
): readonly KernelFolder[] {
  const there = foldersWith(macros);
  return FOLDERS.filter(({ name }) => folders.includes(name) && !there.includes(name));
}
