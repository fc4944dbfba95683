/** Problems as text for a person, or as JSON for a script. */
import type { Problem } from '../errors.ts';
import { type Colors, colorsFor, type Io, printJson } from './io.ts';

const INDENT = '  ';
const DETAIL_LINES = 40;

/** Writes problems: a block each on stderr, or `{"errors": […]}` on stdout. */
export function renderProblems(io: Io, problems: readonly Problem[], json: boolean): void {
  if (json) {
    printJson(io, { errors: problems });
    return;
  }
  const colors = colorsFor(io, io.stderr);
  const blocks = problems.map((problem) => renderProblem(problem, colors));
  const count = problems.length > 1 ? `\n${problems.length} errors\n` : '';
  io.stderr.write(`${blocks.join('\n')}${count}`);
}

/** One problem as a block of lines: what, where, the evidence, what to do. */
export function renderProblem(problem: Problem, colors: Colors): string {
  const lines = [`${colors.red(colors.bold('error:'))} ${sentence(problem.found)}`];
  const { node, file, detail, fix } = problem;
  if (node) lines.push(`${INDENT}in ${printable(node.op)} ${quoted(node.name)}`);
  if (file !== undefined) lines.push(`${INDENT}of ${printable(file)}`);
  if (detail) lines.push(...detailLines(detail).map((line) => INDENT + colors.dim(`| ${line}`)));
  if (fix) lines.push(`${INDENT}${colors.cyan('fix:')} ${printable(fix)}`);
  return `${lines.join('\n')}\n`;
}

/** Text from a model, safe on a terminal: control characters are shown as escapes. */
export function printable(text: string): string {
  const escaped = (c: string): string => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
}

/** Starts with a capital and ends with a period, as problems are written by many hands. */
function sentence(text: string): string {
  const plain = printable(text);
  const capital = /^[a-z]+ /.test(plain) ? plain.charAt(0).toUpperCase() + plain.slice(1) : plain;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function quoted(name: string): string {
  return `"${printable(name)}"`;
}

function detailLines(detail: string): string[] {
  const lines = detail.replaceAll('\t', '    ').split(/\r?\n/).map(printable);
  if (lines.length <= DETAIL_LINES) return lines;
  return [...lines.slice(0, DETAIL_LINES), `… ${lines.length - DETAIL_LINES} more lines`];
}
