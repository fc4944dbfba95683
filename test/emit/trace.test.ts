/** A traced program reports what each layer computed, bits and all. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emitC } from '../../src/emit/c.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { inFolderWith, recordedCases, runIn } from '../support/compile-c.ts';
import { SmallNet } from '../support/small-net.ts';
import { testWith } from '../support/tools.ts';

function traced(trace: boolean) {
  const net = new SmallNet();
  const x = net.input([1, 4]);
  const joined = net.add('concat', { axis: 1 }, [net.unary(x, { fn: 'neg' }), x]);
  const graph = net.finish([net.add('unpack', {}, [net.binarize(joined)])]);
  const kernels = loadKernelSources();
  const program = planProgram(graph, targetNamed('host'), { name: 'net', kernels });
  const cases = recordedCases(graph, 1);
  return { files: emitC(program, kernels, { weights: 'file', cases, trace }), cases };
}

test('without tracing nothing of it is in the code', () => {
  const { files } = traced(false);
  for (const { data } of files) expect(String(data)).not.toContain('trace');
});

testWith(['gcc'], 'every result is reported once, when it is whole', () => {
  const { files, cases } = traced(true);
  const printer = `#include <stddef.h>
#include <stdio.h>
void net_trace(int call, const void *data, size_t bytes)
{
    printf("%d %zu %g\\n", call, bytes, (double)((const float *)data)[0]);
}
`;
  inFolderWith(files, (folder) => {
    writeFileSync(join(folder, 'printer.c'), printer);
    const sources = ['net.c', 'test_net.c', 'printer.c'];
    expect(runIn(folder, 'gcc', [...sources, '-o', 'program', '-lm']).output).toBe('');
    const lines = runIn(folder, './program', []).output.split('\n');
    const first = cases[0]?.inputs[0]?.[0] as number;
    expect(lines.slice(0, 2)).toEqual([`0 16 ${-first}`, `2 32 ${-first}`]);
    expect(lines[2]).toMatch(/^3 8 /);
    expect(lines[3]).toBe(`4 32 ${cases[0]?.outputs[0]?.[0]}`);
    expect(lines.slice(-2)).toEqual(['1 passed, 0 failed', '']);
  });
});
