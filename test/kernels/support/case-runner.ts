/** What runners of kernel cases share: a case's memory, and what its outputs are checked against. */
import { bytesOf, findDifference, GARBAGE, type KernelCase } from './case.ts';
import type { WordBits } from './pack.ts';

/**
 * Runs the cases and returns what differs from what is expected. In `parts`, each alone, they must
 * write each byte once, and together the bits of the whole.
 */
export type CaseRunner = (cases: readonly KernelCase[], parts?: number) => string[];

/** The share of the work that one call does: `struct bn_part`. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

const WHOLE: Part = { index: 0, count: 1 };

/** What each case wrote, as far as the program got, and what went wrong. */
export interface Outcome {
  readonly outputs: readonly Uint8Array[];
  readonly problems: readonly string[];
}

export function caseRunner(
  wordBits: WordBits,
  runPart: (cases: readonly KernelCase[], part: Part) => Outcome,
): CaseRunner {
  return (cases, parts = 1) => {
    const whole = runPart(cases, WHOLE);
    if (whole.problems.length > 0 || parts === 1) {
      const found = whole.outputs.map((output, index) =>
        findDifference(cases[index] as KernelCase, output, wordBits),
      );
      return [...found.filter((text) => text !== undefined), ...whole.problems];
    }
    const split = Array.from({ length: parts }, (_, index) =>
      runPart(cases, { index, count: parts }),
    );
    const failed = split.flatMap(({ problems }) => problems);
    if (failed.length > 0) return failed;
    return cases.flatMap((test, index) => {
      const outputs = split.map((part) => part.outputs[index] as Uint8Array);
      const found = splitDifference(whole.outputs[index] as Uint8Array, outputs);
      const shape = JSON.stringify(test.shape);
      return found === undefined ? [] : [`${test.kernel} in ${parts} parts: ${found}, ${shape}`];
    });
  };
}

/** Bytes that are no longer GARBAGE are a part's own. */
function splitDifference(whole: Uint8Array, parts: readonly Uint8Array[]): string | undefined {
  for (let at = 0; at < whole.length; at++) {
    const written = parts.map((part) => part[at]).filter((byte) => byte !== GARBAGE);
    if (written.length > 1) return `byte ${at} is written by ${written.length} parts`;
    const byte = written[0] ?? GARBAGE;
    if (byte !== whole[at]) return `byte ${at} is ${byte}, not ${whole[at]}`;
  }
  return undefined;
}

export interface Block {
  readonly bytes: Uint8Array;
  readonly role: 'read' | 'written';
  /** The argument that this one is, in place of a block of its own. */
  readonly alias?: number;
}

export function argumentBlocks(test: KernelCase, wordBits: WordBits): Block[] {
  const blocks: Block[] = test.inputs.map((input, index) => ({
    bytes: input(wordBits),
    role: index === test.inPlace ? 'written' : 'read',
  }));
  const size = bytesOf(test.expected.length, test, wordBits);
  const bytes = new Uint8Array(size).fill(GARBAGE);
  if (test.inPlace === undefined) blocks.push({ bytes, role: 'written' });
  else blocks.push({ bytes, role: 'read', alias: test.inPlace });
  if (test.scratch !== undefined) {
    blocks.push({ bytes: new Uint8Array(test.scratch(wordBits)).fill(GARBAGE), role: 'read' });
  }
  return blocks;
}
