/**
 * The charts: uPlot and its style sheet, inlined, and the script that draws with them. The script
 * reads its numbers from the JSON beside it, so no text from a model is ever code.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Html, html, jsonForScript, trusted } from '../../html.ts';
import type { ReportData } from './data.ts';

const DRAW = `
const data = JSON.parse(document.getElementById('chart-data').textContent);
const style = getComputedStyle(document.documentElement);
const color = (name) => style.getPropertyValue('--' + name).trim();
const bytes = (v) => v == null ? '' : v >= 1048576 ? (v / 1048576).toFixed(1) + ' MiB'
  : v >= 1024 ? (v / 1024).toFixed(1) + ' KiB' : v + ' B';
const charts = [];

function draw(id, makeOptions, series) {
  const box = document.getElementById(id);
  const make = () => new uPlot({ width: box.clientWidth, height: 240, ...makeOptions() }, series, box);
  const entry = { box, make, chart: make() };
  charts.push(entry);
}
const axis = (more) => ({ stroke: color('faint'), grid: { stroke: color('line'), width: 1 },
  ticks: { stroke: color('line'), width: 1 }, ...more });

function drawAll() {
  const calls = data.live.map((_, i) => i + 1);
  draw('memory-chart', () => ({
    scales: { x: { time: false }, y: { range: (u, min, max) => [0, Math.max(1, data.arena * 1.05)] } },
    axes: [axis({ incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }),
      axis({ size: 84, incrs: Array.from({ length: 31 }, (_, i) => 2 ** i), values: (u, values) => values.map(bytes) })],
    series: [{ label: 'call' },
      { label: 'live', value: (u, v) => bytes(v), stroke: color('binary'), fill: color('binary-soft'), width: 2,
        points: { show: calls.length < 60 } },
      { label: 'arena', value: (u, v) => bytes(v), stroke: color('float'), dash: [6, 4], width: 1.5,
        points: { show: false } }],
  }), [calls, data.live, calls.map(() => data.arena)]);

  const { centers, float, binary } = data.histogram;
  const share = (counts) => {
    const sum = counts.reduce((a, b) => a + b, 0);
    return counts.map((count) => count ? 100 * count / sum : null);
  };
  const bars = uPlot.paths.bars({ size: [0.9, 100] });
  const percent = (u, v) => v == null ? '' : v.toFixed(2) + ' %';
  const reach = centers[centers.length - 1] * 1.03;
  draw('histogram-chart', () => ({
    scales: { x: { time: false, range: [-reach, reach] }, y: { range: (u, min, max) => [0, (max || 1) * 1.08] } },
    axes: [axis(), axis({ size: 60, values: (u, values) => values.map((v) => v + ' %') })],
    series: [{ label: 'weight', value: (u, v) => v == null ? '' : v.toFixed(3) },
      { label: 'binary', value: percent, stroke: color('binary'), fill: color('binary'), paths: bars, points: { show: false } },
      { label: 'float', value: percent, stroke: color('float'), fill: color('float') + '99', paths: bars, points: { show: false } }],
  }), [centers, share(binary), share(float)]);
}

drawAll();
addEventListener('resize', () => charts.forEach(({ box, chart }) =>
  chart.setSize({ width: box.clientWidth, height: 240 })));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  charts.splice(0).forEach(({ chart }) => chart.destroy());
  drawAll();
});
`;

/** The head's part: uPlot's style. */
export function chartStyle(): Html {
  return trusted(readPackageFile('uplot/dist/uPlot.min.css'));
}

/** The end of the body: numbers, uPlot and the drawing. */
export function chartScripts(report: ReportData): Html {
  const numbers = {
    live: report.memory.live,
    arena: report.arenaBytes,
    histogram: report.histogram,
  };
  return html`<script type="application/json" id="chart-data">${jsonForScript(numbers)}</script>
<script>${trusted(readPackageFile('uplot/dist/uPlot.iife.min.js'))}</script>
<script>${trusted(DRAW)}</script>`;
}

function readPackageFile(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}
