import pc from 'picocolors';
import { expect, test } from 'vitest';
import { printable, renderProblem, renderProblems } from '../../src/cli/render-error.ts';

const plain = pc.createColors(false);

test('a problem is a block: what, where, the evidence, what to do', () => {
  const block = renderProblem(
    {
      code: 'unsupported',
      found: 'the layer has no counterpart',
      fix: 'Replace it.',
      file: 'model.h5',
      node: { name: 'lambda_1', op: 'Lambda' },
      detail: 'line 1\n\tline 2',
    },
    plain,
  );
  expect(block).toBe(
    [
      'error: The layer has no counterpart.',
      '  in Lambda "lambda_1"',
      '  of model.h5',
      '  | line 1',
      '  |     line 2',
      '  fix: Replace it.',
      '',
    ].join('\n'),
  );
});

test('names can not move the cursor, change colours or turn the text around', () => {
  const block = renderProblem(
    {
      code: 'unsupported',
      found: 'bad',
      node: { name: '\x1b[2J\x1b]0;owned\x07\r\n\u202eevil\u2028', op: 'a\x9bb' },
    },
    plain,
  );
  expect(block.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
  expect(block).toContain('\\u{1b}[2J');
  expect(printable('naïve 层 é')).toBe('naïve 层 é');
});

test('a long detail is cut', () => {
  const detail = Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n');
  const block = renderProblem({ code: 'tool-failed', found: 'it failed', detail }, plain);
  expect(block).toContain('… 60 more lines');
  expect(block).not.toContain('line 40');
});

test('JSON holds the problems as they are, and nothing goes to stderr', () => {
  let stdout = '';
  let stderr = '';
  const io = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
  };
  const problem = { code: 'usage', found: 'a "quoted" \u202e thing' } as const;
  renderProblems(io, [problem], true);
  expect(JSON.parse(stdout)).toEqual({ errors: [problem] });
  expect(stderr).toBe('');
});
