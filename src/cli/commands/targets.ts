/** `binarynet targets`: what can be compiled for, and with which compiler here. */
import { Command } from 'commander';
import { TARGETS, type Target } from '../../plan/targets.ts';
import { findBuilder } from '../../toolchain/compilers.ts';
import { missingInstructions, resolveTarget } from '../../toolchain/processor.ts';
import type { CommandContext } from '../command.ts';
import { renderTable } from '../format.ts';
import { colorsFor, printJson } from '../io.ts';
import { addJsonOption, type JsonOption } from '../options.ts';

const EXAMPLES = `
Examples:
  binarynet targets
  binarynet targets --json
`;

export function targetsCommand({ io }: CommandContext): Command {
  const command = new Command('targets').description('List the targets and their compilers here.');
  return addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((options: JsonOption) => {
      const targets = TARGETS.map((target) => describeTarget(resolveTarget(target)));
      if (options.json) return printJson(io, { targets });
      const columns = ['target', 'words', 'kernels', 'runs here with', 'what'];
      const rows = targets.map((target) => [
        target.name,
        `${target.wordBits} bits`,
        target.kernels.join(', '),
        runsWith(target),
        target.summary,
      ]);
      const table = renderTable(
        columns.map((title) => ({ title })),
        rows,
        colorsFor(io, io.stdout),
      );
      io.stdout.write(table);
    });
}

interface TargetSummary {
  readonly name: string;
  readonly summary: string;
  readonly wordBits: number;
  readonly kernels: readonly string[];
  /** The compiler that is used here, or null where there is none. */
  readonly compiler: string | null;
  /** Instructions that it needs and this machine lacks. */
  readonly missing: readonly string[];
}

function runsWith({ compiler, missing }: TargetSummary): string {
  if (compiler === null) return 'no compiler found';
  return missing.length === 0 ? compiler : `${compiler}, builds only`;
}

function describeTarget(target: Target): TargetSummary {
  const { name, summary, wordBits, kernels, toolchain } = target;
  const found = toolchain.kind === 'wasm' ? 'clang (built in)' : findBuilder(target)?.compiler;
  const missing = missingInstructions(target);
  return { name, summary, wordBits, kernels, compiler: found ?? null, missing };
}
