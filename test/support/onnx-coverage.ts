/** The table of docs/onnx.md: which node tests pass, by operator, and why the others don't. */
import type { Outcome } from './onnx-node-tests.ts';

export interface NodeTestResult {
  readonly name: string;
  readonly operators: readonly string[];
  readonly outcome: Outcome;
}

/** Tests of several operators are those of functions, written out. */
export const WRITTEN_OUT = '(functions written out)';

/** The operator that a test is for. */
export function operatorOf({ operators }: { readonly operators: readonly string[] }): string {
  return operators.length === 1 ? (operators[0] as string) : WRITTEN_OUT;
}

/** Markdown: totals, operators that are imported with their tests, and those that are not. */
export function coverageText(
  results: readonly NodeTestResult[],
  imported: readonly string[],
): string {
  const byOperator = new Map<string, NodeTestResult[]>();
  for (const result of results) {
    const operator = operatorOf(result);
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), result]);
  }
  for (const operator of imported) {
    if (!byOperator.has(operator)) byOperator.set(operator, []);
  }
  const names = [...byOperator.keys()].sort();
  const isImported = (name: string) => name === WRITTEN_OUT || imported.includes(name);
  const rows = names.filter(isImported).map((name) => rowText(name, byOperator.get(name) ?? []));
  const others = names
    .filter((name) => !isImported(name))
    .map((name) => `${name} (${byOperator.get(name)?.length})`);
  const passed = results.filter(({ outcome }) => outcome.status === 'passed').length;
  return `Of ${results.length} node tests ${passed} pass.

| operator | tests | passed | why the others don't |
| --- | ---: | ---: | --- |
${rows.join('\n')}

Not imported, with the number of their tests: ${others.join(', ')}.
`;
}

function rowText(operator: string, results: readonly NodeTestResult[]): string {
  const passed = results.filter(({ outcome }) => outcome.status === 'passed').length;
  const reasons = new Map<string, number>();
  for (const { outcome } of results) {
    for (const reason of reasonsOf(outcome)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const texts = [...reasons]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .map(([reason, count]) => `${count}: ${reason}`);
  return `| ${operator} | ${results.length} | ${passed} | ${texts.join('<br>')} |`;
}

/** What stands in the way, each once, without what differs from test to test. */
function reasonsOf(outcome: Outcome): string[] {
  if (outcome.status === 'passed') return [];
  if (outcome.status === 'explained') return [outcome.reason];
  if (outcome.status === 'different') return [`differs: ${outcome.difference}`];
  const texts = outcome.reasons.map((reason) =>
    reason.replace(/^The (input|output|tensor) "[^"]*"/, 'An $1').replace(/\|/g, '\\|'),
  );
  const operators = texts.flatMap(
    (text) => /^The operator (.*) is not supported\.$/.exec(text)?.[1] ?? [],
  );
  const others = texts.filter((text) => !/^The operator .* is not supported\.$/.test(text));
  const joined =
    operators.length > 0 ? [`not imported: ${[...new Set(operators)].join(', ')}`] : [];
  return [...new Set([...joined, ...others])];
}
