/** The report as text, and in a browser: hostile names do nothing, and nothing is requested. */
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { reportData, weightHistogram } from '../../src/cli/report-html/data.ts';
import { reportPage } from '../../src/cli/report-html/page.ts';
import { html, jsonForScript } from '../../src/html.ts';
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { optimize } from '../../src/passes/index.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { watchedPage, withBrowser } from '../support/browser.ts';
import { useTemporaryFolder } from '../support/cli.ts';
import { smallBinaryNet } from '../support/small-graphs.ts';
import { testWith } from '../support/tools.ts';

const at = useTemporaryFolder();
const EVIL = [
  '</script><script>document.title = "owned"</script>',
  '"><img src=x onerror=\'document.title="owned"\'>',
  '</title></style><svg onload=document.title="owned">',
  '<iframe srcdoc="<script>parent.document.title=1</script>"><!--',
];

/** The graph with every name replaced. */
function renamed(graph: Graph): Graph {
  let next = 0;
  const evil = (): string => EVIL[next++ % EVIL.length] as string;
  return {
    ...graph,
    values: new Map([...graph.values].map(([id, value]) => [id, { ...value, name: evil() }])),
    nodes: graph.nodes.map((node) => ({ ...node, name: evil(), sourceOp: evil() })),
  };
}

function htmlOf(graph: Graph, name = 'net'): string {
  const lowered = optimize(graph, { binary: true });
  const kernels = loadKernelSources();
  const program = planProgram(lowered, targetNamed('portable'), { name, kernels });
  return reportPage(reportData(EVIL[1] as string, graph, lowered, program));
}

test('templates escape what they insert, and only that', () => {
  const cell = html`<b title="${'a"b'}">${'<i>&'}</b>`;
  expect(cell.markup).toBe('<b title="a&quot;b">&lt;i&gt;&amp;</b>');
  expect(html`<p>${[cell, cell]}${3}</p>`.markup).toBe(`<p>${cell.markup}${cell.markup}3</p>`);
  expect(jsonForScript({ name: '</script><!--' }).markup).not.toMatch(/[<>]/);
  expect(JSON.parse(jsonForScript({ name: '</script>\u2028' }).markup)).toEqual({
    name: '</script>\u2028',
  });
});

test('names stand in the page as text only, and no address is in it', () => {
  const text = htmlOf(renamed(smallBinaryNet()), EVIL[0]);
  expect(text).not.toContain('<script>document');
  expect(text).not.toContain('<img');
  expect(text).not.toContain('<svg onload');
  expect(text.match(/<script/g)).toHaveLength(3);
  expect(text.match(/(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//g)).toBeNull();
});

test('weights are counted by value: bits as ±1, floats in bins', () => {
  const builder = new GraphBuilder();
  const from = { name: 'l', sourceOp: 'Dense' };
  const linear = { kind: 'linear', activation: { fn: 'identity' } } as const;
  const x = builder.input('x', { dtype: 'f32', shape: [1, 2] });
  const w1 = builder.constant('w1', [2, 2], Float32Array.of(0.5, -0.5, 0.5, 0));
  const bias = builder.constant('b', [2], Float32Array.of(9, 9));
  const y = builder.add('dense', { epilogue: linear }, [x, w1, bias], from);
  const bits = { dtype: 'bit', shape: [2, 2] } as const;
  const w2 = builder.constant('w2', bits, Uint8Array.of(1, 0, 0, 0));
  const norm = { kind: 'norm', activation: { fn: 'identity' } } as const;
  const z = builder.add('dense', { epilogue: norm }, [y, w2, bias, bias, bias], from);
  const histogram = weightHistogram(builder.finish('net', [z]));
  const counts = (series: readonly number[]) =>
    series.flatMap((count, i) =>
      count ? [[Math.round((histogram.centers[i] ?? 9) * 2) / 2, count]] : [],
    );
  expect(counts(histogram.binary)).toEqual([
    [-1, 1],
    [1, 3],
  ]);
  expect(counts(histogram.float)).toEqual([
    [-0.5, 1],
    [0, 1],
    [0.5, 2],
  ]);
});

testWith(
  ['chromium'],
  'in a browser: charts are drawn, names do nothing, nothing is asked for',
  async () => {
    await writeFile(at('report.html'), htmlOf(renamed(smallBinaryNet()), EVIL[0]));
    await withBrowser(async (browser) => {
      for (const width of [1200, 390]) {
        const { page, requests, complaints } = await watchedPage(browser, {
          viewport: { width, height: 800 },
        });
        const url = pathToFileURL(at('report.html')).href;
        await page.goto(url);
        expect(await page.locator('.uplot canvas').count()).toBe(2);
        expect(await page.locator('svg.graph g.node').count()).toBeGreaterThan(3);
        expect(await page.title()).toContain('– binarynet');
        expect(await page.title()).not.toBe('owned');
        const overflow =
          'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
        expect([requests, complaints]).toEqual([[url], []]);
        await page.close();
      }
    });
  },
);
