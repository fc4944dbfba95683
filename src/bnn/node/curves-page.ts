/** A run's curves as one page of HTML that needs nothing else: loss, accuracy and learning rate. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { html, jsonForScript, trusted } from '../../html.ts';
import type { EpochLog } from '../trainer.ts';
import type { RunFacts } from './training-log.ts';

const STYLE = `
:root { color-scheme: light dark; --page: #f6f6f8; --card: #fff; --text: #1d1d26; --faint: #6c6c7a;
  --line: #e3e3ea; --loss: #d97914; --accuracy: #6a4be8; --rate: #0d8f8c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #131318; --card: #1c1c24; --text: #e8e8ef; --faint: #9a9aab; --line: #31313d;
    --loss: #f2a24a; --accuracy: #9d87ff; --rate: #3fc7c3; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { margin: 0; font-size: 26px; letter-spacing: -.02em; }
p { margin: 4px 0 0; color: var(--faint); }
section { margin-top: 20px; padding: 18px 20px; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; }
h2 { margin: 0 0 8px; font-size: 16px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.uplot { font-family: inherit; }
`;

const DRAW = `
const { epochs } = JSON.parse(document.getElementById('epochs').textContent);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const axis = (more) => ({ stroke: color('faint'), grid: { stroke: color('line'), width: 1 },
  ticks: { stroke: color('line'), width: 1 }, ...more });
const charts = [];
function draw(id, label, value, scale) {
  const box = document.getElementById(id);
  const make = () => new uPlot({
    width: box.clientWidth, height: 220,
    scales: { x: { time: false }, y: scale },
    axes: [axis({ incrs: [1, 2, 5, 10, 20, 50, 100, 200] }),
      axis({ size: 72, values: (u, values) => values.map((v) => v == null ? '' : Number(v.toPrecision(6))) })],
    series: [{ label: 'epoch' }, { label, stroke: color(id), width: 2, points: { show: epochs.length < 60 } }],
  }, [epochs.map((epoch) => epoch.epoch), epochs.map(value)], box);
  charts.push({ box, make, chart: make() });
}
if (document.getElementById('accuracy')) draw('accuracy', 'accuracy, %', (e) => e.accuracy == null ? null : 100 * e.accuracy, {});
draw('loss', 'loss', (e) => e.loss, {});
draw('rate', 'learning rate', (e) => e.learningRate, {});
addEventListener('resize', () => charts.forEach(({ box, chart }) => chart.setSize({ width: box.clientWidth, height: 220 })));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach((entry) => {
  entry.chart.destroy();
  entry.chart = entry.make();
}));
`;

/** The page as text. */
export function curvesPage(facts: RunFacts, epochs: readonly EpochLog[]): string {
  const last = epochs.at(-1);
  const accuracy = last?.accuracy;
  const state = [
    `${epochs.length} epochs`,
    ...(last ? [`loss ${last.loss.toFixed(4)}`] : []),
    ...(accuracy === undefined ? [] : [`accuracy ${(100 * accuracy).toFixed(2)} %`]),
  ].join(', ');
  const chart = (id: string, title: string) =>
    html`<section><h2>${title}</h2><div id="${id}"></div></section>`;
  const rows = Object.entries(facts).map(
    ([name, value]) => html`<dt>${name}</dt><dd>${String(value)}</dd>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Training: ${state}</title>
<style>${trusted(readPackageFile('uplot/dist/uPlot.min.css'))}${trusted(STYLE)}</style>
</head>
<body>
<main>
<h1>Training</h1>
<p>${state}</p>
${accuracy === undefined ? [] : chart('accuracy', 'Accuracy on the validation images')}
${chart('loss', 'Loss, mean of each epoch')}
${chart('rate', 'Learning rate at the end of each epoch')}
<section><h2>This run</h2><dl>${rows}</dl></section>
</main>
<script type="application/json" id="epochs">${jsonForScript({ epochs })}</script>
<script>${trusted(readPackageFile('uplot/dist/uPlot.iife.min.js'))}</script>
<script>${trusted(DRAW)}</script>
</body>
</html>
`.markup;
}

function readPackageFile(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(path), 'utf8');
}
