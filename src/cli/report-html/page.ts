/** The report of `inspect --html`: one file that needs nothing else and asks no network. */

import { type Html, html, trusted } from '../../html.ts';
import { byteSize, countSize, percent, shapeText, times } from '../format.ts';
import type { LayerKind, LayerRow } from '../layers.ts';
import { chartScripts, chartStyle } from './charts.ts';
import type { ReportData } from './data.ts';
import { graphSvg } from './graph-svg.ts';
import { memorySvg } from './memory-svg.ts';
import { STYLE } from './style.ts';

const KINDS: readonly { readonly kind: LayerKind; readonly label: string }[] = [
  { kind: 'binary', label: 'binary × binary' },
  { kind: 'binary-weights', label: 'float × binary' },
  { kind: 'float', label: 'float' },
  { kind: 'other', label: 'no multiplications' },
];

/** The whole page as text. */
export function reportPage(report: ReportData): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${report.name} – binarynet</title>
<style>${chartStyle()}${trusted(STYLE)}</style>
</head>
<body>
<main>
<header><h1>${report.name}</h1><p>${report.file}, compiled for ${report.target}</p></header>
${tiles(report)}
${graphSection(report)}
${layerSection(report)}
${memorySection(report)}
${histogramSection()}
<footer>Made by binarynet. Sizes are those in the weight file and in memory on the target.</footer>
</main>
${chartScripts(report)}
</body>
</html>
`;
  return page.markup;
}

function tiles(report: ReportData): Html {
  const { totals, weightsBytes, floatWeightsBytes, arenaBytes } = report;
  const ratio = floatWeightsBytes / Math.max(1, weightsBytes);
  const floats = byteSize(floatWeightsBytes);
  const smaller = ratio < 1.05 ? '' : `, ${times(ratio)} smaller than ${floats} of floats`;
  return html`<div class="tiles">
<div class="tile"><b>${byteSize(weightsBytes)}</b><span>weights${smaller}</span></div>
<div class="tile"><b>${byteSize(arenaBytes)}</b><span>RAM for the arena</span></div>
<div class="tile"><b>${countSize(totals.macs)}</b><span>multiply-adds per inference</span></div>
<div class="tile"><b>${percent(totals.binaryMacs, totals.macs)}</b><span>of them binary, in ${report.layers.length} kernel calls</span></div>
</div>`;
}

function graphSection(report: ReportData): Html {
  return html`<section><h2>The network as it runs</h2>
<p>A box per kernel call; a dotted line carries bits. Hover over a box for its kernel.</p>
<div class="scroll graph-box">${graphSvg(report.graph)}</div>
${legend()}</section>`;
}

function legend(): Html {
  const items = KINDS.map(({ kind, label }) => html`<li><i class="${kind}"></i>${label}</li>`);
  return html`<ul class="legend">${items}</ul>`;
}

function layerSection({ layers, totals, weightsBytes }: ReportData): Html {
  const most = (select: (row: LayerRow) => number): number => Math.max(1, ...layers.map(select));
  const scale = { macs: most((row) => row.macs), bytes: most((row) => row.weightBytes) };
  return html`<section><h2>Layer by layer</h2>
<p>Where the multiply-adds and the weights are.</p>
${shareBar(layers, 'multiply-adds', (row) => row.macs)}
${shareBar(layers, 'weights', (row) => row.weightBytes)}
<div class="scroll"><table>
<thead><tr><th>#</th><th>Layer</th><th>What it does</th><th>Output</th><th class="number">Multiply-adds</th>
<th class="number">Weights</th><th class="number">Output size</th></tr></thead>
<tbody>${layers.map((row) => layerRow(row, scale))}</tbody>
<tfoot><tr><td></td><td>Total</td><td></td><td></td><td class="number">${countSize(totals.macs)}</td>
<td class="number">${byteSize(weightsBytes)}</td><td></td></tr></tfoot>
</table></div></section>`;
}

function layerRow(row: LayerRow, scale: { readonly macs: number; readonly bytes: number }): Html {
  return html`<tr><td>${row.number}</td>
<td><span class="name">${row.name}</span><small>${row.op}</small></td>
<td>${row.summary}<small>${row.kernel}</small></td>
<td>${shapeText(row.outputShape)}<small>${row.outputType}</small></td>
<td class="number">${row.macs === 0 ? '–' : countSize(row.macs)}${bar(row.kind, row.macs / scale.macs)}</td>
<td class="number">${row.weightBytes === 0 ? '–' : byteSize(row.weightBytes)}${bar(row.kind, row.weightBytes / scale.bytes)}</td>
<td class="number">${byteSize(row.outputBytes)}</td></tr>
`;
}

function bar(kind: LayerKind, share: number): Html {
  if (share === 0) return html``;
  return html`<span class="bar ${kind}" style="width:${(100 * share).toFixed(1)}%"></span>`;
}

function shareBar(
  layers: readonly LayerRow[],
  what: string,
  select: (row: LayerRow) => number,
): Html {
  const total = layers.reduce((sum, row) => sum + select(row), 0);
  const parts = KINDS.flatMap(({ kind, label }) => {
    const part = layers.reduce((sum, row) => sum + (row.kind === kind ? select(row) : 0), 0);
    if (part === 0) return [];
    const share = percent(part, total);
    const title = `${label}: ${share} of the ${what}`;
    return [html`<i class="${kind}" style="flex:${part}" title="${title}"></i>`];
  });
  return html`<p class="share-title">${what}</p><div class="share">${parts}</div>`;
}

function memorySection(report: ReportData): Html {
  return html`<section><h2>Memory over time</h2>
<p>Each block is a tensor in the arena, from the call that makes it to the last that reads it.
Inputs and outputs are the caller's.</p>
${memorySvg(report.memory, report.arenaBytes)}
<ul class="legend"><li><i class="binary"></i>bits</li><li><i class="float"></i>floats</li></ul>
<div class="chart" id="memory-chart"></div></section>`;
}

function histogramSection(): Html {
  return html`<section><h2>Weights by value</h2>
<p>How the weights of the layers that multiply are spread, as shares of each kind.</p>
<div class="chart" id="histogram-chart"></div></section>`;
}
