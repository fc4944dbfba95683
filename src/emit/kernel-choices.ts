/**
 * Kernels that choose: x86/<kernel>__x86.c calls the kernel of that name in the best folder that the
 * processor can run. A program built of them runs on every x86 machine. There is one for each kernel
 * that another folder than `scalar` has, and all are alike, so they are written here.
 */
import { RUN_TIME_CHOICE } from '../plan/folders.ts';
import type { KernelSources } from './kernel-sources.ts';

/** The folders by what bn_x86_level says (kernels/x86/processor.h). */
const LEVELS: readonly string[] = RUN_TIME_CHOICE.among.toReversed();

const LINE_WIDTH = 100;

/** The sources with the kernels that choose among them. */
export function withChoices(sources: KernelSources): KernelSources {
  const all = new Map(sources);
  for (const [path, text] of sources) {
    const kernel = /^scalar\/(\w+)__scalar\.c$/.exec(path)?.[1];
    if (kernel === undefined) continue;
    const folders = RUN_TIME_CHOICE.among.filter((folder) => sources.has(pathOf(kernel, folder)));
    if (folders.length < 2) continue;
    all.set(pathOf(kernel, RUN_TIME_CHOICE.name), choiceText(kernel, text, folders));
  }
  return all;
}

function pathOf(kernel: string, folder: string): string {
  return `${folder}/${kernel}__${folder}.c`;
}

function choiceText(kernel: string, scalarText: string, folders: readonly string[]): string {
  const parameters = parametersOf(kernel, scalarText);
  const names = parameters.map((parameter) => /\w+$/.exec(parameter)?.[0] as string);
  const choices = folders.map((folder) => {
    const level = LEVELS.indexOf(folder);
    const call = wrapped(`${' '.repeat(8)}${kernel}__${folder}(`, names, ');');
    return level > 0 ? `    if (level >= ${level})\n${call}` : call;
  });
  const start = `BN_KERNEL void ${kernel}__${RUN_TIME_CHOICE.name}(`;
  return `/* The fastest ${kernel} that the processor runs. */
${folders.map((folder) => `#include "../${pathOf(kernel, folder)}"\n`).join('')}#include "processor.h"

${wrapped(start, parameters, ')')}
{
    const int level = BN_X86_LEVEL;
${choices.join('\n    else\n').replaceAll('    else\n    if', '    else if')}
}
`;
}

function parametersOf(kernel: string, text: string): string[] {
  const signature = new RegExp(`\\nBN_KERNEL void ${kernel}__scalar\\(([^)]*)\\)`).exec(text);
  if (!signature) throw new Error(`${kernel}__scalar is not where its file says`);
  return (signature[1] as string)
    .split(',')
    .map((parameter) => parameter.trim().replace(/\s+/g, ' '));
}

/** Items after `start`, aligned under the first. */
function wrapped(start: string, items: readonly string[], end: string): string {
  const lines: string[] = [];
  let line = start;
  items.forEach((item, index) => {
    const text = item + (index === items.length - 1 ? end : ',');
    const isFirst = line.endsWith('(');
    if (!isFirst && line.length + 1 + text.length > LINE_WIDTH) {
      lines.push(line);
      line = ' '.repeat(start.length) + text;
    } else {
      line += isFirst ? text : ` ${text}`;
    }
  });
  return [...lines, line].join('\n');
}
