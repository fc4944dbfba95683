/**
 * What the processor of this machine can do, as its compiler tells: which kernels `host` takes, and
 * whether a target's programs can run here at all.
 */
import { fail } from '../errors.ts';
import { foldersWith, foldersWithout } from '../plan/folders.ts';
import { type NativeToolchain, type Target, targetNamed } from '../plan/targets.ts';
import { type Builder, findBuilder, macrosOf, runsByItself } from './compilers.ts';

/** Compilers that don't know the first may know the second; without either nothing is tuned. */
const TUNING = [['-march=native'], ['-mcpu=native'], []] as const;

/**
 * The target with what depends on this machine decided: the kernel folders of `host`, and the flags
 * that its compiler understands. Other targets stay as they are.
 */
export function resolveTarget(target: Target, wanted?: string): Target {
  const { toolchain } = target;
  if (!target.detectsKernels || toolchain.kind !== 'native') return target;
  for (const tuning of TUNING) {
    const tuned = { ...target, toolchain: withTuning(toolchain, tuning) };
    const builder = findBuilder(tuned, wanted);
    const macros = builder && macrosOf(builder);
    if (macros) return { ...tuned, kernels: foldersWith(macros) };
  }
  return target;
}

function withTuning(toolchain: NativeToolchain, tuning: readonly string[]): NativeToolchain {
  const flags = toolchain.flags.flatMap((flag) => (flag === '-march=native' ? tuning : [flag]));
  return { ...toolchain, flags };
}

/** The instructions that a target's programs use and this machine lacks; as far as can be told. */
export function missingInstructions(target: Target): readonly string[] {
  if (target.toolchain.kind !== 'native' || target.detectsKernels || !runsByItself(target)) {
    return [];
  }
  const macros = macrosHere();
  if (macros === undefined) return [];
  return foldersWithout(target.kernels, macros).map(({ instructions }) => instructions);
}

/** Throws `missing-tool` where the target's programs would stop at an unknown instruction. */
export function requireInstructions(target: Target): void {
  const missing = missingInstructions(target);
  if (missing.length === 0) return;
  fail({
    code: 'missing-tool',
    found: `target "${target.name}" needs ${missing.join(' and ')}, which this machine does not have`,
    fix: 'Compile it here and build it there, or use --target host.',
  });
}

/** What is defined when the whole processor is used; undefined where no compiler says. */
function macrosHere(): ReadonlySet<string> | undefined {
  const host = targetNamed('host');
  const resolved = resolveTarget(host);
  const builder: Builder | undefined = findBuilder(resolved);
  if (resolved === host || builder === undefined) return undefined;
  return builder.flags.some((flag) => flag.endsWith('=native')) ? macrosOf(builder) : undefined;
}
